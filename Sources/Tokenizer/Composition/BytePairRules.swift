/// What a file says about how byte pair encoding makes tokens of pieces, beside its merges.
public struct BytePairRules: Hashable, Sendable {
  /// How the token for characters without one is written, in UTF-8; `nil` where they are left out.
  public var unknownToken: [UInt8]?
  /// Whether unknown characters that adjoin are one token.
  public var fusesUnknown = false
  /// Whether a character without a token becomes the tokens of its bytes, such as `<0x61>`.
  public var fallsBackToBytes = false
  /// What begins the spelling of characters behind the first of a piece, in UTF-8.
  public var continuationPrefix: [UInt8] = []
  /// What ends the spelling of the last character of a piece, in UTF-8.
  public var wordSuffix: [UInt8] = []
  /// Whether a piece that is a token becomes that token whatever the merges make of it.
  public var ignoresMerges = false

  /// The rules of GPT-2.
  public init() {}
}
