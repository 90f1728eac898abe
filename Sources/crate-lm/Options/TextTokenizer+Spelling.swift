import CRATELM
import Tokenizer

extension TextTokenizer {
  /// The bytes that each id adds to a text; 0 for special tokens.
  var spelledBytes: SpelledBytes {
    let special = Set(specialTokens.map(\.id))
    return SpelledBytes(
      (0..<TokenID(vocabularySize)).map { id in
        special.contains(id) ? 0 : text(of: id, isFirst: false)?.count ?? 0
      })
  }

  /// The id of text without a token of its own; `nil` where every text has tokens.
  var unknownID: TokenID? {
    guard let wordPiece = self as? WordPieceTokenizer else { return nil }
    return id(of: Array(wordPiece.rules.unknownToken.utf8))
  }
}
