import Storage
import SystemPackage
import TextModels
import Tokenizer

/// A JSON document; once written, it must read as the same value.
struct JSONParser: FuzzedParser {
  func parse(_ bytes: [UInt8]) throws {
    let value = try JSONValue.parse(bytes)
    for layout in [JSONValue.Layout.compact, .pretty] {
      let again = try JSONValue.parse(value.serialized(layout))
      precondition(again == value)
    }
  }

  func seeds() throws -> [[UInt8]] {
    [#"{"a": [1, -2.5e3, null, true], "b\u00e9\ud83d\ude00": {"c": "d\n"}}"#, "[[[]]]", "0"]
      .map { Array($0.utf8) }
  }
}

/// A `tokenizer.json`; an accepted one must encode and decode.
struct TokenizerParser: FuzzedParser {
  func parse(_ bytes: [UInt8]) throws {
    try TokenizerUse.check(TokenizerFile.parse(bytes, path: "tokenizer.json"))
  }

  func seeds() throws -> [[UInt8]] {
    try ["wordpiece/uncased.json", "wordpiece/added.json"].map(Fixture.contents)
      + ["families/gpt2.json", "families/o200k.json"].map(Fixture.contents)
  }
}

/// The tokenizers of other programs; the first byte chooses the kind of file.
struct VocabularyParser: FuzzedParser {
  private let folder: MemoryFolder

  init() throws {
    folder = try MemoryFolder()
  }

  func parse(_ bytes: [UInt8]) throws {
    guard let choice = bytes.first else { return }
    let content = bytes.dropFirst()
    switch choice % 3 {
    case 0:
      // The vocabulary and the merges, divided by the first zero byte.
      let parts = content.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      try folder.write(parts[0], to: "vocab.json")
      try folder.write(parts.count > 1 ? parts[1] : [], to: "merges.txt")
      try use("vocab.json")
    case 1:
      try folder.write(content, to: "ranks.tiktoken")
      try use("ranks.tiktoken", .cl100k)
    default:
      try folder.write(content, to: "vocab.txt")
      try use("vocab.txt")
    }
  }

  func seeds() throws -> [[UInt8]] {
    let vocabulary = try Fixture.contents("families/vocab.json")
    let merges = try Fixture.contents("families/merges.txt")
    let ranks = try Fixture.contents("families/ranks.tiktoken")
    let lines = Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\n.\n".utf8)
    return [[0] + vocabulary + [0] + merges, [1] + ranks, [2] + lines]
  }

  private func use(_ name: FilePath.Component, _ pattern: SplitPattern? = nil) throws {
    try TokenizerUse.check(TokenizerFile.load(folder.path.appending(name), pattern: pattern))
  }
}

/// A check of the things that any tokenizer must be able to do.
enum TokenizerUse {
  private static let text =
    "It was a ſmall, ﬁne day:\n  3 cafés, 12.5 «été» 東京 <|endoftext|> [MASK]ab"

  static func check(_ tokenizer: any TextTokenizer) throws {
    let ids = try tokenizer.encode(Array(text.utf8), specialTokens: .recognize)
    precondition(ids.allSatisfy { 0 <= $0 && Int($0) < tokenizer.vocabularySize })
    _ = try tokenizer.decode(ids)
    let file = tokenizer.serialized()
    let again = try TokenizerFile.parse(file, path: "tokenizer.json")
    precondition(again.serialized() == file)
  }
}

/// Text to pack; the first byte chooses its layout and compression.
struct DocumentsParser: FuzzedParser {
  private static let names = [
    "text.txt", "text.jsonl", "text.txt.zst", "text.jsonl.zst", "text.txt.gz", "text.jsonl.gz",
  ]
  /// The most bytes that are expanded: more than a small file of text holds, less than a bomb.
  private static let maximumByteCount = 1 << 24

  private let folder: MemoryFolder

  init() throws {
    folder = try MemoryFolder()
  }

  func parse(_ bytes: [UInt8]) throws {
    guard let choice = bytes.first else { return }
    let name = Self.names[Int(choice) % Self.names.count]
    try folder.write(bytes.dropFirst(), to: name)
    let source = try DocumentSource(
      inputs: [folder.path.appending(name).string], maximumByteCount: Self.maximumByteCount)
    var byteCount = 0
    try source.forEachChunk { byteCount += $0.bytes.count }
    precondition(byteCount <= Self.maximumByteCount)
  }

  func seeds() throws -> [[UInt8]] {
    let text = Array("Ada said “no”.\n".utf8)
    let lines = Array(#"{"text": "Ada\u2019s"}"#.utf8) + [0x0A]
    return [
      [0] + text, [1] + lines + lines, [2] + Compressed.zstdText, [3] + Compressed.zstdLine,
      [4] + Compressed.gzipText, [5] + Compressed.gzipLine,
      [4] + Compressed.gzipText + [0, 0]
        + Compressed.gzipText, [2] + Compressed.zstdText + Compressed.zstdText,
    ]
  }
}
