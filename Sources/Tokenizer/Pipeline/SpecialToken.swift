/// A token that marks something about a text instead of being a part of it.
public struct SpecialToken: Equatable, Sendable {
  /// Its id.
  public let id: TokenID
  /// How it is written.
  public let content: String

  /// The usual mark between texts.
  public static let endOfText = "<|endoftext|>"

  /// A special token written `content`.
  public init(id: TokenID, content: String) {
    self.id = id
    self.content = content
  }

  /// Whether both have the same id and the same bytes.
  public static func == (left: SpecialToken, right: SpecialToken) -> Bool {
    left.id == right.id && left.content.utf8.elementsEqual(right.content.utf8)
  }
}

extension SpecialToken {
  /// Why `content` cannot be a special token of a byte-level vocabulary, as a clause; `nil`
  /// where it can.
  static func flaw(of content: String) -> String? {
    if content.isEmpty { return "it is empty" }
    if content.utf8.count == 1 { return "it is a single byte" }
    let isAmbiguous = !isWrittenAsBytes(content) && ByteAlphabet.bytes(of: content) != nil
    return isAmbiguous ? "a file would write other bytes in the same way" : nil
  }

  /// Whether a file writes the bytes of `content` as `content` itself: all are printable ASCII.
  static func isWrittenAsBytes(_ content: String) -> Bool {
    content.utf8.allSatisfy { 33...126 ~= $0 }
  }
}
