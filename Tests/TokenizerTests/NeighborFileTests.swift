import Storage
import SystemPackage
import Testing
import Tokenizer

/// What the files beside a vocabulary say, as transformers 5.24 takes them.
@Suite struct NeighborFileTests {
  private func load(_ files: [String: String]) throws -> any TextTokenizer {
    let directory = FilePath("/tmp").appending("neighbor-tests-\(UInt64.random(in: 0 ... .max))")
    try FileSystem.createDirectory(directory)
    defer {
      for name in files.keys { try? FileSystem.remove(directory.appending(name)) }
      try? FileSystem.remove(directory)
    }
    for (name, content) in files {
      try FileContents.write(Array(content.utf8), to: directory.appending(name))
    }
    return try TokenizerFile.load(directory)
  }

  private static let cased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nHello\nworld\n##s\n"

  @Test func theConfigurationSaysWhetherTextIsCased() throws {
    let lower = #"{"do_lower_case": true, "tokenizer_class": "BertTokenizer"}"#
    let kept = #"{"do_lower_case": false, "tokenizer_class": "BertTokenizer"}"#
    // By itself the vocabulary is taken for cased, since a token has an upper-case letter.
    #expect(try load(["vocab.txt": Self.cased]).encode("Hello worlds") == [5, 6, 7])
    let files = ["vocab.txt": Self.cased, "tokenizer_config.json": lower]
    #expect(try load(files).encode("Hello worlds") == [1, 6, 7])
    let uncased = Self.cased.split(separator: "Hello").joined(separator: "hello")
    #expect(try load(["vocab.txt": uncased]).encode("Hello worlds") == [5, 6, 7])
    #expect(
      try load(["vocab.txt": uncased, "tokenizer_config.json": kept]).encode("Hello worlds")
        == [1, 6, 7])
  }

  /// A byte-level vocabulary of 256 bytes and one merge.
  private static func bytePairs() throws -> [String: String] {
    let file = try JSONValue.parse(Fixture.bytes("bpe-none.json"))
    let vocabulary = try #require(file.object?["model"]?.object?["vocab"]?.object)
    let bytes = zip(vocabulary.keys, vocabulary.values).filter {
      $0.0.unicodeScalars.count == 1
    }
    let ids = bytes.enumerated().map { (key: $1.0, value: JSONValue.integer(Int64($0))) }
    let merged = ids + [(key: "12", value: JSONValue.integer(256))]
    return [
      "vocab.json": String(
        decoding: JSONValue.object(JSONObject(merged)).serialized(), as: UTF8.self),
      "merges.txt": "#version: 0.2\n1 2\n",
    ]
  }

  @Test func addedTokensAreFound() throws {
    var files = try Self.bytePairs()
    files["added_tokens.json"] = ##"{"<|im_start|>": 258, "    ": 259}"##
    files["special_tokens_map.json"] = #"{"additional_special_tokens": ["<|im_start|>"]}"#
    let tokenizer = try load(files)
    let text = Array("a<|im_start|>b    12".utf8)
    let ids = try tokenizer.encode(text, specialTokens: .recognize)
    let (a, b) = try (tokenizer.encode("a")[0], tokenizer.encode("b")[0])
    #expect(ids == [a, 258, b, 259, 256])
    #expect(tokenizer.specialTokens.map(\.content) == ["<|im_start|>"])
    #expect(try tokenizer.encode(text).count > 5)
    // A tokenizer.json holds them, too.
    let written = try TokenizerFile.parse(tokenizer.serialized(), path: "x")
    #expect(try written.encode(text, specialTokens: .recognize) == ids)
  }

  @Test func describedTokensHaveTheirFlags() throws {
    var files = try Self.bytePairs()
    files["tokenizer_config.json"] =
      #"{"added_tokens_decoder": {"258": {"content": "<x>", "lstrip": true, "rstrip": false,"#
      + #""normalized": false, "single_word": false, "special": true}}}"#
    let tokenizer = try load(files)
    let ids = try tokenizer.encode(Array("1  <x>".utf8), specialTokens: .recognize)
    #expect(ids.count == 2 && ids.last == 258)
  }

  @Test(arguments: [
    #"{"<x>": -1}"#, #"{"<x>": "1"}"#, #"{"": 300}"#, "[]", "no JSON", #"{"<x>": 4194304}"#,
  ])
  func whatIsBesideMayBeCorrupt(_ added: String) throws {
    var files = try Self.bytePairs()
    files["added_tokens.json"] = added
    #expect(throws: TokenizerError.self) { try load(files) }
  }

  @Test func theFileThatIsCorruptIsNamed() throws {
    var files = try Self.bytePairs()
    files["added_tokens.json"] = "{}"
    files["tokenizer_config.json"] = #"{"added_tokens_decoder": {"x": {"content": "<x>"}}}"#
    let error = #expect(throws: TokenizerError.self) { try load(files) }
    guard case .corrupt(let path, _)? = error else { throw try #require(error) }
    #expect(path.hasSuffix("/tokenizer_config.json"))
  }

  @Test func theEndOfATextIsKnownByName() throws {
    let file = #"""
      {"added_tokens":[{"id":1,"content":"<|begin_of_text|>","special":true},
        {"id":2,"content":"<|end_of_text|>","special":true}],
       "model":{"type":"BPE","vocab":{"a":0},"merges":[]}}
      """#
    #expect(try TokenizerFile.parse(Array(file.utf8), path: "x").endOfText == 2)
  }
}
