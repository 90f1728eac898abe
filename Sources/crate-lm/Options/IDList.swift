import ArgumentParser
import Tokenizer

/// Token ids written in a line.
enum IDList {
  /// The ids in `text`, separated by spaces.
  ///
  /// - Throws: `ValidationError` for a word that is no id, `TokenizerError.unknownID` for an id
  ///   outside the vocabulary.
  static func parse(_ text: String, vocabularySize: Int) throws -> [TokenID] {
    try text.split(whereSeparator: \.isWhitespace).map { word in
      guard let id = TokenID(word) else {
        throw ValidationError("'\(word)' is not a token id; expected whole numbers.")
      }
      guard id >= 0, id < vocabularySize else {
        throw TokenizerError.unknownID(id, vocabularySize: vocabularySize)
      }
      return id
    }
  }
}
