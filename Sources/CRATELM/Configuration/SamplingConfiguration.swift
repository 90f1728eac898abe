/// The rule for drawing the next token.
///
/// The steps apply in the order of the properties, as in the transformers library.
public struct SamplingConfiguration: Hashable, Sendable {
  /// The penalty of tokens already in the text: divides positive logits and multiplies negative
  /// ones; 1 changes nothing (Keskar and others 2019, arXiv:1909.05858).
  public var repetitionPenalty: Float = 1
  /// The divisor of the logits; 0 takes the most probable token.
  public var temperature: Float = 0.8
  /// The number of most probable tokens that remain; `nil` for all.
  public var topK: Int?
  /// The total probability that the most probable tokens must reach to remain; `nil` for all.
  public var topP: Double?
  /// The least probability that remains, as a fraction of the largest one; `nil` for all.
  public var minP: Double?

  /// A validated choice.
  ///
  /// - Parameters:
  ///   - repetitionPenalty: above 0.
  ///   - temperature: 0 or more.
  ///   - topK: 1 or more.
  ///   - topP: above 0, at most 1.
  ///   - minP: from 0 to 1.
  /// - Throws: ``ConfigurationError`` for a value outside its range.
  public init(
    repetitionPenalty: Float = 1, temperature: Float = 0.8, topK: Int? = nil, topP: Double? = nil,
    minP: Double? = nil
  ) throws(ConfigurationError) {
    guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
      throw ConfigurationError(
        "The repetition penalty is \(repetitionPenalty); expected a number above 0.")
    }
    guard temperature >= 0, temperature.isFinite else {
      throw ConfigurationError("The temperature is \(temperature); expected 0 or more.")
    }
    if let topK, topK < 1 { throw ConfigurationError("Top-k is \(topK); expected 1 or more.") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ConfigurationError("Top-p is \(topP); expected a number above 0 and at most 1.")
    }
    if let minP, !(minP >= 0 && minP <= 1) {
      throw ConfigurationError("Min-p is \(minP); expected a number from 0 to 1.")
    }
    self.repetitionPenalty = repetitionPenalty
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
  }
}
