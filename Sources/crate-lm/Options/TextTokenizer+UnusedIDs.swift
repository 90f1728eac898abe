import Tokenizer

extension TextTokenizer {
  /// Ids below the vocabulary's size for which there is no token, so that none may be written.
  var unusedIDs: [TokenID] {
    (0..<TokenID(vocabularySize)).filter { bytes(of: $0) == nil }
  }
}
