/// Joins pieces to text, as the decoder `WordPiece` of Hugging Face's `tokenizers` does.
public struct WordPieceDecoder: Equatable, Sendable {
  /// What is taken off pieces that go on in a word; others begin with a space.
  public let prefix: String
  /// Whether the spaces that English does not have, as before a full stop, are taken out.
  public let cleansUp: Bool

  /// What cleaning up replaces in each piece, in this order.
  private static let replacements: [(old: String, new: String)] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  /// A decoder; without arguments that of BERT.
  public init(prefix: String = "##", cleansUp: Bool = true) {
    self.prefix = prefix
    self.cleansUp = cleansUp
  }

  /// Whether both do the same.
  public static func == (left: WordPieceDecoder, right: WordPieceDecoder) -> Bool {
    left.prefix.utf8.elementsEqual(right.prefix.utf8) && left.cleansUp == right.cleansUp
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
    if cleansUp, text.contains(UInt8(ascii: " ")) {
      for (old, new) in Self.replacements { text = Self.replacing(old, by: new, in: text) }
    }
    return text
  }

  private static func replacing(
    _ old: String, by new: String, in text: [UInt8]
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position...].starts(with: old.utf8) {
        result += new.utf8
        position += old.utf8.count
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }
}
