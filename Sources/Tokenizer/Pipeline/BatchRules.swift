/// What a file asks to be done to tokens of texts that go through a model together.
///
/// Long ones are cut and short ones filled up, but only if that is asked for:
/// ``TextTokenizer/encode(batch:rules:specialTokens:addSpecialTokens:)``.
public struct BatchRules: Equatable, Sendable {
  /// How long texts are cut; `nil` where they are not.
  public var truncation: Truncation?
  /// How short texts are filled up; `nil` where they are not.
  public var padding: Padding?

  /// Rules; without arguments none.
  public init(truncation: Truncation? = nil, padding: Padding? = nil) {
    self.truncation = truncation
    self.padding = padding
  }
}

/// At which end tokens are taken away or put.
public enum TextEnd: String, Sendable {
  /// At the beginning.
  case left = "Left"
  /// At the end.
  case right = "Right"
}

/// How long texts are cut.
public struct Truncation: Equatable, Sendable {
  /// Which text of a pair is cut.
  public enum Strategy: String, Sendable {
    /// The longer one, token by token.
    case longestFirst = "LongestFirst"
    /// The first.
    case onlyFirst = "OnlyFirst"
    /// The second.
    case onlySecond = "OnlySecond"
  }

  /// Where tokens are taken away.
  public var direction: TextEnd
  /// The most tokens that are left, those around a text among them.
  public var maximumLength: Int
  /// Which text of a pair is cut.
  public var strategy: Strategy
  /// How many tokens the parts that are cut off share; nothing is done with these parts here.
  public var stride: Int
}

/// How short texts are filled up.
public struct Padding: Equatable, Sendable {
  /// The length of a text that is filled up; `nil` for that of the longest text of a batch.
  public var fixedLength: Int?
  /// Where tokens are put.
  public var direction: TextEnd
  /// What a length has to be a multiple of; `nil` where it does not.
  public var multiple: Int?
  /// The token that is put.
  public var token: SpecialToken
  /// The number that tells texts apart, for the tokens that are put.
  public var typeID: Int
}
