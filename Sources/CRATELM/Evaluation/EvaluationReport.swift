/// The loss of a model on a text, in the units of the field.
public struct EvaluationReport: Hashable, Sendable {
  /// The sum of the negative log-likelihoods, in nats.
  public var totalLoss = 0.0
  /// The number of tokens predicted.
  public var tokens = 0
  /// The UTF-8 bytes of original text behind the predicted tokens; `nil` for hidden tokens, which
  /// together are no text.
  public var bytes: Int?
  /// The words of that text, if known.
  public var words: Int?

  /// An empty report, whose means are NaN.
  public init() {}

  /// The mean loss in nats per token.
  public var loss: Double { totalLoss / Double(tokens) }

  /// `exp(loss)`: the number of equally likely tokens that would give this loss.
  public var perplexity: Double { perplexity(per: tokens) }

  /// `exp` of the mean loss over `count` units of the text, such as its bytes or its words.
  public func perplexity(per count: Int) -> Double { (totalLoss / Double(count)).exponential }

  /// The mean loss in bits per byte of text, comparable between tokenizers; `nil` if ``bytes`` is.
  public var bitsPerByte: Double? { bytes.map { totalLoss / (2.0.logarithm * Double($0)) } }
}
