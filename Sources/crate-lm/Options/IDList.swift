import Tokenizer

/// Token ids written in a line.
enum IDList {
  /// A word that is no whole number.
  struct MalformedID: Error, CustomStringConvertible {
    let word: String

    /// What was expected and found; a clause.
    var reason: String { "expected whole numbers, found \(word.debugDescription)" }

    /// One sentence.
    var description: String { "'\(word)' is not a token id; expected whole numbers." }
  }

  /// The ids in `text`, separated by white space.
  ///
  /// - Throws: ``MalformedID`` for a word that is no whole number, ``InputError`` for a number that
  ///   is no id of the vocabulary.
  static func parse(_ text: String, vocabularySize: Int) throws -> [TokenID] {
    try text.split(whereSeparator: \.isWhitespace).map { word in
      if let id = TokenID(word), 0 <= id, id < vocabularySize { return id }
      let digits = word.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
      let isNumber =
        word.utf8.count - digits.count <= 1 && !digits.isEmpty
        && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard isNumber else { throw MalformedID(word: String(word)) }
      throw InputError.unknownID(String(word), vocabularySize: vocabularySize)
    }
  }
}
