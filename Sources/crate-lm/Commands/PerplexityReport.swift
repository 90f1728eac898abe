import CRATELM

/// The result of `evaluate perplexity`.
struct PerplexityReport: Report {
  let result: PerplexityEvaluation.Result
  /// What cut the text; `nil` for hidden tokens.
  let evaluationProtocol: EvaluationProtocol?
  let settings: EvaluationSettings
  let bootstrap: Bootstrap

  private var report: EvaluationReport { result.report }
  private var name: String { evaluationProtocol?.name ?? Objective.masked.rawValue }
  private var stride: Int? {
    if case .sliding(let stride) = evaluationProtocol { stride } else { nil }
  }

  var fields: JSONFields {
    [
      "loss": report.loss, "perplexity": report.perplexity, "bits_per_byte": report.bitsPerByte,
      "byte_perplexity": report.bytes.map(report.perplexity(per:)),
      "word_perplexity": report.words.map(report.perplexity(per:)), "tokens": report.tokens,
      "bytes": report.bytes, "words": report.words, "documents": result.documents,
      "unknown_tokens": result.unknownTokens, "protocol": name, "stride": stride,
    ] + settings.fields + ["standard_error": bootstrap.standardErrors(of: result.parts).map(fields)]
  }

  private func fields(_ errors: Bootstrap.StandardErrors) -> JSONFields {
    [
      "loss": errors.loss, "perplexity": errors.perplexity, "bits_per_byte": errors.bitsPerByte,
      "over": result.unit.rawValue, "count": result.parts.count,
      "resamples": bootstrap.resamples, "seed": bootstrap.seed,
    ]
  }

  var text: String {
    func line(_ name: String, _ value: Double?, _ unit: String = "", error: Double? = nil) -> String
    {
      guard let value else { return "" }
      let spread = error.map { " ± \(Quantity.fixed($0, 4))" } ?? ""
      return "\(name.padded(to: 16))\(Quantity.fixed(value, 4))\(spread)\(unit)\n"
    }
    let errors = bootstrap.standardErrors(of: result.parts)
    let texts = [
      report.bytes.map { "\($0) bytes" }, report.words.map { "\($0) words" },
      "\(result.documents) documents", "\(result.unknownTokens) unknown tokens",
    ]
    let over = errors.map { _ in
      "± standard error of \(bootstrap.resamples) samples of \(result.parts.count) "
        + "\(result.unit.rawValue), seed \(bootstrap.seed)\n"
    }
    return line("loss", report.loss, " nats per token", error: errors?.loss)
      + line("perplexity", report.perplexity, error: errors?.perplexity)
      + line("bits per byte", report.bitsPerByte, error: errors?.bitsPerByte)
      + line("byte perplexity", report.bytes.map(report.perplexity(per:)))
      + line("word perplexity", report.words.map(report.perplexity(per:)))
      + "tokens          \(report.tokens), \(texts.compactMap { $0 }.joined(separator: ", "))\n"
      + "protocol        \(name)\(stride.map { ", stride \($0)" } ?? "")\n"
      + settings.text + (over ?? "")
  }
}
