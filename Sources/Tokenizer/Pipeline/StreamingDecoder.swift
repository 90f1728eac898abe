/// Decodes ids one by one and gives text only as whole characters, for output while generating.
public struct StreamingDecoder: Sendable {
  private let tokenizer: any TextTokenizer
  /// The start of a character whose other bytes have not come yet, at most three bytes.
  private var pending: [UInt8] = []
  /// Whether the next id is the first of a text.
  private var isFirst: Bool

  /// A decoder at the start of a text, or behind tokens that were decoded before: after these,
  /// pieces of WordPiece go on in a word or begin with a space.
  public init(_ tokenizer: any TextTokenizer, isAtStart: Bool = true) {
    self.tokenizer = tokenizer
    isFirst = isAtStart
  }

  /// The text that `id` completes; empty while a character is unfinished.
  ///
  /// Bytes that can never become a character give U+FFFD, one for each maximal ill-formed part.
  ///
  /// - Throws: `TokenizerError.unknownID` where the id has no token.
  public mutating func append(_ id: TokenID) throws(TokenizerError) -> String {
    guard let bytes = tokenizer.text(of: id, isFirst: isFirst) else {
      throw .unknownID(id, vocabularySize: tokenizer.vocabularySize)
    }
    isFirst = false
    pending.append(contentsOf: bytes)
    let complete = UTF8Scan.completeCount(pending.span)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// The text of the bytes that are left, and a new start.
  public mutating func finish() -> String {
    defer { (pending, isFirst) = ([], true) }
    return String(decoding: pending, as: UTF8.self)
  }
}
