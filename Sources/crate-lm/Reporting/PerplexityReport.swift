import CRATELM
import Storage

/// The result of `evaluate perplexity`.
struct PerplexityReport {
  private let result: PerplexityEvaluation.Result
  private let name: String
  private let stride: Int?
  private let settings: EvaluationSettings
  private let bootstrap: Bootstrap
  private let errors: Bootstrap.StandardErrors?

  /// What was measured by `evaluationProtocol`, or, where there is none, at hidden tokens.
  init(
    _ result: PerplexityEvaluation.Result, of evaluationProtocol: EvaluationProtocol?,
    _ settings: EvaluationSettings, _ bootstrap: Bootstrap
  ) {
    self.result = result
    self.settings = settings
    self.bootstrap = bootstrap
    name = evaluationProtocol?.name ?? Objective.masked.rawValue
    stride = if case .sliding(let stride) = evaluationProtocol { stride } else { nil }
    errors = bootstrap.standardErrors(of: result.parts)
  }

  private var report: EvaluationReport { result.report }

  var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    func count(_ value: Int?) -> JSONValue { value.map(JSONValue.count) ?? .null }
    return .members(
      [
        ("loss", .number(report.loss)), ("perplexity", .number(report.perplexity)),
        ("bits_per_byte", number(report.bitsPerByte)),
        ("byte_perplexity", number(report.bytes.map(report.perplexity(per:)))),
        ("word_perplexity", number(report.words.map(report.perplexity(per:)))),
        ("tokens", .count(report.tokens)), ("bytes", count(report.bytes)),
        ("words", count(report.words)), ("documents", .count(result.documents)),
        ("unknown_tokens", .count(result.unknownTokens)), ("protocol", .string(name)),
        ("stride", count(stride)),
      ] + settings.members + [("standard_error", standardError)])
  }

  private var standardError: JSONValue {
    guard let errors else { return .null }
    return .members([
      ("loss", .number(errors.loss)), ("perplexity", .number(errors.perplexity)),
      ("bits_per_byte", .number(errors.bitsPerByte)), ("over", .string(result.unit.rawValue)),
      ("count", .count(result.parts.count)), ("resamples", .count(bootstrap.resamples)),
      ("seed", .integer(Int64(bootstrap.seed))),
    ])
  }

  var text: String {
    func line(_ name: String, _ value: Double?, _ unit: String = "", error: Double? = nil) -> String
    {
      guard let value else { return "" }
      let spread = error.map { " ± \(Quantity.fixed($0, 4))" } ?? ""
      let padding = String(repeating: " ", count: max(1, 16 - name.count))
      return "\(name)\(padding)\(Quantity.fixed(value, 4))\(spread)\(unit)\n"
    }
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
