import Storage
import SystemPackage
import Testing
import Tokenizer

/// What `Tests/Fixtures/wordpiece/generate.py` wrote.
enum WordPieceFixture {
  /// The tokenizers that were trained there.
  static let names = ["uncased", "cased"]

  static func bytes(_ name: String) throws -> [UInt8] {
    try FileContents.read(
      Fixture.directory.removingLastComponent().appending("wordpiece").appending(name))
  }

  static func tokenizer(_ name: String) throws -> WordPieceTokenizer {
    let tokenizer = try TokenizerFile.parse(bytes("\(name).json"), path: name)
    return try #require(tokenizer as? WordPieceTokenizer)
  }

  static func cases(_ name: String) throws -> [JSONObject] {
    let root = try #require(JSONValue.parse(bytes("encodings.json")).object)
    return try #require(root[name]?.array).compactMap(\.object)
  }

  /// A tokenizer of these pieces, in this order, as a `vocab.txt` has them.
  static func tokenizer(
    pieces: [String], normalizer: BertNormalizer? = .uncased
  ) throws -> WordPieceTokenizer {
    let text = pieces.map { $0 + "\n" }.joined()
    return try VocabularyText.parse(Array(text.utf8), path: "v", normalizer: normalizer)
  }
}
