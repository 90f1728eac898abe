import CRATELM
import Tokenizer

/// A text in which some words are masks.
///
/// A space before a mask belongs to the hidden token, as in the text that the model learned from.
struct MaskedText {
  private struct Part {
    let text: String
    /// Whether a space followed, before the next mask.
    let endsInSpace: Bool
  }

  private let parts: [Part]
  private let tokenizer: any TextTokenizer

  /// Splits `text` at its masks.
  ///
  /// - Throws: `ConfigurationError` if there is no mask.
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

  /// The ids of the text, with `mask` for each mask.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func ids(mask: TokenID) throws(TokenizerError) -> [TokenID] {
    let ids = try parts.map { part throws(TokenizerError) in try tokenizer.encode(part.text) }
    return Array(ids.joined(separator: [mask]))
  }

  /// The text with `tokens` instead of its masks.
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
