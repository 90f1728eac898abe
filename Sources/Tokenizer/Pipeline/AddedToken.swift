/// A token that is found in text before words are, as the `added_tokens` of a `tokenizer.json`.
public struct AddedToken: Equatable, Sendable {
  /// Its id.
  public let id: TokenID
  /// How it is written.
  public let content: String
  /// Whether it marks something about a text instead of being a part of it.
  public let isSpecial: Bool
  /// Whether it is found only where no word character stands beside it.
  public let isSingleWord: Bool
  /// Whether white space before it belongs to it.
  public let stripsLeft: Bool
  /// Whether white space behind it belongs to it.
  public let stripsRight: Bool
  /// Whether it is found in normalised text, itself normalised.
  public let isNormalized: Bool

  /// No file has longer ones, nor longer pieces of words, in bytes: at each place of a text all of
  /// a token may have to be compared.
  static let longestContent = 4096

  /// An added token; without more arguments a special one.
  public init(
    id: TokenID, content: String, isSpecial: Bool = true, isSingleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }

  /// The special token `token`.
  init(_ token: SpecialToken) { self.init(id: token.id, content: token.content) }

  /// Whether both are the same, their contents by bytes.
  public static func == (left: AddedToken, right: AddedToken) -> Bool {
    left.id == right.id && left.content.utf8.elementsEqual(right.content.utf8)
      && left.isSpecial == right.isSpecial && left.isSingleWord == right.isSingleWord
      && left.stripsLeft == right.stripsLeft && left.stripsRight == right.stripsRight
      && left.isNormalized == right.isNormalized
  }
}
