/// The loss of a model on a text, in the units of the field.
public struct EvaluationReport: Hashable, Sendable {
  /// The sum of the negative log-likelihoods, in nats.
  public var totalLoss = 0.0
  /// The number of tokens predicted.
  public var tokens = 0
  /// The UTF-8 bytes of the original text that the predicted tokens stand for; `nil` where they
  /// were hidden ones, which are no text together.
  public var bytes: Int?
  /// The words of that text, where they are known.
  public var words: Int?

  /// Nothing evaluated yet.
  public init() {}

  /// The mean loss in nats per token.
  public var loss: Double { totalLoss / Double(tokens) }

  /// `exp(loss)`: among how many tokens the model is undecided.
  public var perplexity: Double { perplexity(per: tokens) }

  /// `exp` of the mean loss over `count` units of the text, such as its bytes or its words.
  public func perplexity(per count: Int) -> Double { (totalLoss / Double(count)).exponential }

  /// The mean loss in bits per byte of text, comparable between tokenizers; `nil` where the
  /// predicted tokens are no text.
  public var bitsPerByte: Double? { bytes.map { totalLoss / (2.0.logarithm * Double($0)) } }
}
