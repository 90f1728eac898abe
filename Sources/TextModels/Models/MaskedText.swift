import CRATELM
import Tokenizer

/// A text in which some words are masks.
///
/// A space before a mask is a part of the token that the mask stands for, as in the text that a
/// model has learned from.
struct MaskedText {
  private struct Part {
    let text: String
    /// Whether a space followed, before the next mask.
    let endsInSpace: Bool
  }

  private let parts: [Part]
  private let tokenizer: any TextTokenizer

  /// The text between and around the masks of `text`.
  ///
  /// - Throws: `ConfigurationError` where there is no mask.
  init(_ text: String, tokenizer: any TextTokenizer) throws {
    self.tokenizer = tokenizer
    let spellings = MaskingVocabulary.maskSpellings
    var pieces = [text[...]]
    for spelling in spellings {
      pieces = pieces.flatMap { $0.split(separator: spelling, omittingEmptySubsequences: false) }
    }
    guard pieces.count > 1 else {
      throw ConfigurationError(
        """
        The text has no mask; write \(spellings.joined(separator: " or ")) where a token is to be \
        found.
        """)
    }
    parts = pieces.enumerated().map { index, piece in
      let endsInSpace = index + 1 < pieces.count && piece.last == " "
      return Part(text: String(endsInSpace ? piece.dropLast() : piece), endsInSpace: endsInSpace)
    }
  }

  /// The ids of the text, `mask` for each mask.
  func ids(mask: TokenID) -> [TokenID] {
    Array(parts.map { tokenizer.encode($0.text) }.joined(separator: [mask]))
  }

  /// The text with `tokens` in the places of its masks.
  func filled(with tokens: [TokenID]) -> String {
    var bytes = Array(parts[0].text.utf8)
    for (index, token) in tokens.enumerated() {
      let isFirst = bytes.isEmpty || !parts[index].endsInSpace
      var text = tokenizer.text(of: token, isFirst: isFirst) ?? []
      if bytes.isEmpty, text.first == UInt8(ascii: " ") { text.removeFirst() }
      bytes += text + Array(parts[index + 1].text.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
