/// Joins pieces to text, as the decoder `WordPiece` of Hugging Face's `tokenizers` does.
public struct WordPieceDecoder: Hashable, Sendable {
  /// What is taken off pieces that go on in a word; others begin with a space.
  public let prefix: String
  /// Whether the spaces that English does not have, as before a full stop, are taken out.
  public let cleansUp: Bool

  /// What cleaning up replaces in each piece, in this order.
  private static let replacements = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (old: Array($0.utf8), new: Array($1.utf8)) }

  /// A decoder; without arguments that of BERT.
  public init(prefix: String = "##", cleansUp: Bool = true) {
    self.prefix = prefix
    self.cleansUp = cleansUp
  }

  /// Whether both do the same.
  public static func == (left: WordPieceDecoder, right: WordPieceDecoder) -> Bool {
    left.prefix.utf8.elementsEqual(right.prefix.utf8) && left.cleansUp == right.cleansUp
  }

  /// Hashes what is done.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(Array(prefix.utf8))
    hasher.combine(cleansUp)
  }

  /// The text of the piece written `bytes`.
  func text(of bytes: [UInt8], isFirst: Bool) -> [UInt8] {
    var text = bytes
    if !isFirst {
      if bytes.starts(with: prefix.utf8) {
        text.removeFirst(prefix.utf8.count)
      } else {
        text.insert(UInt8(ascii: " "), at: 0)
      }
    }
    return cleansUp ? Self.cleanedUp(text) : text
  }

  /// `text` without the spaces that English does not have.
  static func cleanedUp(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: " ")) else { return text }
    return replacements.reduce(text) { Text.replacing($1.old, by: $1.new, in: $0) }
  }
}
