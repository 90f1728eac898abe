import SystemPackage

/// The loss on the validation split of the text, or on those of a mixture.
public struct ValidationLoss: Hashable, Sendable {
  /// The loss on one text of a mixture.
  public struct Part: Hashable, Sendable {
    /// The data directory.
    public let data: String
    /// The mean loss in nats per token.
    public let loss: Double
    /// The loss in bits per byte of text; `nil` if the predicted tokens are no text.
    public let bitsPerByte: Double?

    init(data: String, loss: Double, bitsPerByte: Double?) {
      (self.data, self.loss, self.bitsPerByte) = (data, loss, bitsPerByte)
    }
  }

  /// The mean loss in nats per token; of a mixture, the mean weighted by the shares of its texts.
  public let loss: Double
  /// The loss in bits per byte of text; `nil` if the predicted tokens are no text.
  public let bitsPerByte: Double?
  /// The loss on each text of a mixture that has validation, in their order; empty for one text.
  public let parts: [Part]

  init(loss: Double, bitsPerByte: Double?, parts: [Part] = []) {
    (self.loss, self.bitsPerByte, self.parts) = (loss, bitsPerByte, parts)
  }
}

/// Measures the loss on the validation split of each text of a mixture.
struct MixtureValidator {
  let mixture: Mixture
  private let shares: [Double]
  private let evaluators: [Evaluator]

  /// - Parameters:
  ///   - mixture: the texts.
  ///   - shares: the share of each in training.
  ///   - network: the network of the model in training.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  /// - Throws: ``ConfigurationError`` for a masked model without a vocabulary.
  init(
    _ mixture: Mixture, shares: [Double], network: Network, vocabulary: MaskingVocabulary?
  ) throws {
    (self.mixture, self.shares) = (mixture, shares)
    evaluators = try mixture.sources.map {
      try Evaluator(network: network, data: $0.data, vocabulary: vocabulary)
    }
  }

  /// The texts whose validation split is shorter than one context.
  var textsWithoutValidation: [TokenData] {
    zip(mixture.sources, evaluators).filter { !$1.hasWindow(in: .validation) }.map(\.0.data)
  }

  /// The loss on the first `maximumTokens` of each validation split; `nil` for one without a window.
  func reports(maximumTokens: Int) throws -> [EvaluationReport?] {
    try evaluators.map { try $0.evaluate(.validation, maximumTokens: maximumTokens) }
  }

  /// The loss on all texts, as if tokens were drawn from them with the shares of training; `nil` if
  /// there are no `reports`.
  func total(of reports: [EvaluationReport?]) -> ValidationLoss? {
    var parts: [ValidationLoss.Part] = []
    var (share, loss, bytes) = (0.0, 0.0, 0.0 as Double?)
    for (index, report) in reports.enumerated() {
      guard let report else { continue }
      parts.append(
        ValidationLoss.Part(
          data: mixture.sources[index].data.directory.string, loss: report.loss,
          bitsPerByte: report.bitsPerByte))
      share += shares[index]
      loss += shares[index] * report.loss
      let bytesPerToken = report.bytes.map { Double($0) / Double(report.tokens) }
      bytes = bytes.flatMap { sum in bytesPerToken.map { sum + shares[index] * $0 } }
    }
    guard let only = parts.first else { return nil }
    guard mixture.isMixed else {
      return ValidationLoss(loss: only.loss, bitsPerByte: only.bitsPerByte)
    }
    return ValidationLoss(
      loss: loss / share, bitsPerByte: bytes.map { loss / (2.0.logarithm * $0) }, parts: parts)
  }
}
