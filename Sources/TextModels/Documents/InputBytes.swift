import Storage
package import SystemPackage
package import Tokenizer

/// Reads a whole file, or standard input, into memory, unchanged.
package enum InputBytes {
  /// All bytes of the file at `path`; `-`, or no path, is standard input.
  package static func read(_ path: FilePath?) throws -> [UInt8] {
    let path = path ?? InputFile.standardInput
    if path != InputFile.standardInput, FileSystem.kind(of: path) == .directory {
      throw FileError.wrongKind(path, expected: "a file")
    }
    let stream = try FileStream(path)
    var bytes: [UInt8] = []
    while true {
      let next = try stream.next()
      if next.isEmpty { return bytes }
      bytes += next
    }
  }

  /// The lines of `bytes` without their newlines; a final newline begins no line.
  package static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}

/// Token ids as text.
package enum IDList {
  /// A word that is not a whole number.
  package struct MalformedID: Error, CustomStringConvertible {
    let word: String

    /// A clause: what was expected and what was found.
    package var reason: String { "expected whole numbers, found \(word.debugDescription)" }

    /// One sentence.
    package var description: String { "'\(word)' is not a token id; expected whole numbers." }
  }

  /// The ids in `text`, separated by white space.
  ///
  /// - Throws: ``MalformedID`` for a word that is not a whole number, ``InputError`` for a number
  ///   that is not an id of the vocabulary.
  package static func parse(_ text: String, vocabularySize: Int) throws -> [TokenID] {
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
