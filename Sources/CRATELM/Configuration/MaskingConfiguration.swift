/// The choice of hidden tokens in training a masked model.
public struct MaskingConfiguration: Codable, Hashable, Sendable {
  /// The fraction of a sequence's tokens that is hidden.
  public let rate: Double
  /// Whether the pieces of a word are hidden together.
  public let wholeWords: Bool

  /// BERT's choice, also used in validation: 15 % of the tokens, regardless of words.
  public init() {
    rate = 0.15
    wholeWords = false
  }

  /// A validated choice.
  ///
  /// - Parameters:
  ///   - rate: above 0, at most 1.
  ///   - wholeWords: whether the pieces of a word are hidden together.
  /// - Throws: ``ConfigurationError`` for a rate outside its range.
  public init(rate: Double, wholeWords: Bool) throws(ConfigurationError) {
    guard rate > 0, rate <= 1 else {
      throw ConfigurationError("The mask rate is \(rate); expected a number above 0, at most 1.")
    }
    self.rate = rate
    self.wholeWords = wholeWords
  }

  /// Reads and validates a stored choice.
  ///
  /// - Throws: `DecodingError`, ``ConfigurationError``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      rate: values.decode(Double.self, forKey: .rate),
      wholeWords: values.decode(Bool.self, forKey: .wholeWords))
  }
}
