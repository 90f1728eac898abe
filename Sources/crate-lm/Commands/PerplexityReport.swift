import CRATELM
import Storage
import TextModels

/// The result of `evaluate perplexity`.
struct PerplexityReport: Report {
  let result: Perplexity.Result
  let bootstrap: Bootstrap

  private var evaluation: PerplexityEvaluation.Result { result.evaluation }
  private var report: EvaluationReport { evaluation.report }
  private var name: String { result.evaluationProtocol?.name ?? Objective.masked.rawValue }
  private var stride: Int? {
    if case .sliding(let stride) = result.evaluationProtocol { stride } else { nil }
  }

  var fields: JSONFields {
    [
      "loss": report.loss, "perplexity": report.perplexity, "bits_per_byte": report.bitsPerByte,
      "byte_perplexity": report.bytes.map(report.perplexity(per:)),
      "word_perplexity": report.words.map(report.perplexity(per:)), "tokens": report.tokens,
      "bytes": report.bytes, "words": report.words, "documents": evaluation.documents,
      "unknown_tokens": evaluation.unknownTokens, "protocol": name, "stride": stride,
    ] + result.settings.fields + [
      "standard_error": bootstrap.standardErrors(of: evaluation.parts).map(fields)
    ]
  }

  private func fields(_ errors: Bootstrap.StandardErrors) -> JSONFields {
    [
      "loss": errors.loss, "perplexity": errors.perplexity, "bits_per_byte": errors.bitsPerByte,
      "over": evaluation.unit.rawValue, "count": evaluation.parts.count,
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
    let errors = bootstrap.standardErrors(of: evaluation.parts)
    let texts = [
      report.bytes?.counting("byte"), report.words?.counting("word"),
      evaluation.documents.counting("document"), evaluation.unknownTokens.counting("unknown token"),
    ]
    let over = errors.map { _ in
      "± standard error of \(bootstrap.resamples.counting("sample")) of \(evaluation.parts.count) "
        + "\(evaluation.unit.rawValue), seed \(bootstrap.seed)\n"
    }
    return line("loss", report.loss, " nats per token", error: errors?.loss)
      + line("perplexity", report.perplexity, error: errors?.perplexity)
      + line("bits per byte", report.bitsPerByte, error: errors?.bitsPerByte)
      + line("byte perplexity", report.bytes.map(report.perplexity(per:)))
      + line("word perplexity", report.words.map(report.perplexity(per:)))
      + "tokens          \(report.tokens), \(texts.compactMap { $0 }.joined(separator: ", "))\n"
      + "protocol        \(name)\(stride.map { ", stride \($0)" } ?? "")\n"
      + result.settings.text + (over ?? "")
  }
}
