import Storage
import SystemPackage
import Testing
import Tokenizer

/// What `Tests/Fixtures/tokenizer/generate.py` wrote.
enum Fixture {
  /// The tokenizers that were trained there on ``corpus()``.
  static let tokenizerNames = ["none", "nfc", "uncased"]

  static var directory: FilePath {
    FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .appending("Fixtures").appending("tokenizer")
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try FileContents.read(directory.appending(name))
  }

  /// `normalizer` as a file of `tokenizers` has it: of its Unicode version and made without ICU.
  static func inTheLibrary(_ normalizer: Normalizer) -> Normalizer {
    Normalizer(steps: normalizer.steps, unicode: .tokenizers, icu: nil)
  }

  /// The lines of a `tokenizer.json` but for those that name versions, which `tokenizers` does
  /// not write.
  static func withoutVersions(_ bytes: [UInt8]) -> [UInt8] {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let kept = lines.filter { !$0.contains("unicode_version") && !$0.contains("icu_version") }
    let text = kept.joined(separator: "\n")
    return Array(text.split(separator: ",\n  },").joined(separator: "\n  },").utf8)
  }

  static func json(_ name: String) throws -> JSONValue { try JSONValue.parse(bytes(name)) }

  static func corpus() throws -> [UInt8] { try bytes("corpus.txt") }

  static func tokenizer(_ name: String) throws -> ByteLevelBPETokenizer {
    let tokenizer = try TokenizerFile.load(directory.appending("bpe-\(name).json"))
    return try #require(tokenizer as? ByteLevelBPETokenizer)
  }
}

extension VocabularyTrainer {
  /// Takes the next part of the current document.
  mutating func append(_ bytes: [UInt8]) throws {
    try append(bytes.span)
  }
}
