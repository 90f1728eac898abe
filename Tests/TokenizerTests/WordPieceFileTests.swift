import Storage
import SystemPackage
import Testing
import Tokenizer

@Suite struct WordPieceFileTests {
  @Test(arguments: WordPieceFixture.names + ["added"])
  func writesWhatItReads(_ name: String) throws {
    let written = try WordPieceFixture.tokenizer(name).serialized()
    // The library sorts the tokens of a template by a hash table.
    if name != "cased" { #expect(try written == WordPieceFixture.bytes("\(name).json")) }
    #expect(try TokenizerFile.parse(written, path: "x").serialized() == written)
    #expect(
      try WordPieceFixture.tokenizer(name).postProcessor
        == (TokenizerFile.parse(written, path: "x").postProcessor))
  }

  private func edited(_ key: String, _ value: String) throws -> [UInt8] {
    var keys = [key]
    if key.hasPrefix("model.") { keys = ["model", String(key.dropFirst(6))] }
    let root = try JSONValue.parse(WordPieceFixture.bytes("uncased.json"))
    return try replacing(root, keys[...], JSONValue.parse(Array(value.utf8))).serialized()
  }

  private func replacing(
    _ value: JSONValue, _ keys: ArraySlice<String>, _ new: JSONValue
  ) throws -> JSONValue {
    guard let key = keys.first else { return new }
    let object = try #require(value.object)
    let member = try replacing(object[key] ?? .null, keys.dropFirst(), new)
    let kept = zip(object.keys, object.values).filter { $0.0 != key }.map {
      (key: $0, value: $1)
    }
    return .object(JSONObject(kept + [(key, member)]))
  }

  private func parse(_ bytes: [UInt8]) throws(TokenizerError) -> any TextTokenizer {
    try TokenizerFile.parse(bytes, path: "x.json")
  }

  @Test(arguments: [
    ("normalizer", #"{"type":"Precompiled"}"#), ("pre_tokenizer", #"{"type":"Other"}"#),
    ("post_processor", #"{"type":"Other"}"#), ("decoder", #"{"type":"Other"}"#),
    ("model.type", #""WordLevel""#),
  ])
  func namesWhatItDoesNotImplement(_ key: String, _ value: String) throws {
    let bytes = try edited(key, value)
    let error = #expect(throws: TokenizerError.self) { try parse(bytes) }
    guard case .unsupported("x.json", let feature)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!feature.isEmpty)
  }

  @Test(arguments: [
    ("model.vocab", #"{"[UNK]":0,"a":0}"#),
    ("model.vocab", #"{"[UNK]":-1}"#),
    ("truncation", "{}"), ("padding", "{}"), ("model.vocab", #"{"[UNK]":99999999999}"#),
    ("model.unk_token", #""none""#), ("model.unk_token", "1"), ("model.vocab", "[]"),
    ("model.max_input_chars_per_word", "4097"),
    ("model.vocab", #"{"[UNK]":0,"\#(String(repeating: "a", count: 4097))":1}"#),
    ("model.max_input_chars_per_word", "-1"), ("model.max_input_chars_per_word", "1.5"),
    ("normalizer", #"{"type":"BertNormalizer","lowercase":1}"#), ("decoder", "1"),
    ("added_tokens", #"[{"id":0,"content":"[PAD]","lstrip":1}]"#),
    ("added_tokens", #"[{"id":7,"content":"[PAD]","special":true}]"#),
    ("post_processor", #"{"type":"BertProcessing","cls":["a",1]}"#),
    ("post_processor", #"{"type":"BertProcessing","cls":["a",-1],"sep":["a",1]}"#),
    ("post_processor", #"{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}}"#),
    (
      "post_processor",
      ##"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"##
        + ##""pair":[],"special_tokens":{}}"##
    ),
  ])
  func refusesCorruptFiles(_ key: String, _ value: String) throws {
    let bytes = try edited(key, value)
    let error = #expect(throws: TokenizerError.self) { try parse(bytes) }
    guard case .corrupt("x.json", _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func everyPartIsRead() throws {
    let roberta =
      #"{"type":"RobertaProcessing","sep":["[SEP]",3],"cls":["[CLS]",2],"trim_offsets":false,"#
      + #""add_prefix_space":true}"#
    let tokenizer = try parse(edited("post_processor", roberta))
    #expect(try tokenizer.encode("", addSpecialTokens: true) == [2, 3])
    #expect(try parse(tokenizer.serialized()).postProcessor == tokenizer.postProcessor)
    let short = try parse(edited("model.max_input_chars_per_word", "2"))
    #expect(try short.encode("the") == [1])
    let sequence =
      #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"BertNormalizer","#
      + #""clean_text":true,"handle_chinese_chars":true,"strip_accents":false,"lowercase":false}]}"#
    let other = try parse(edited("normalizer", sequence))
    #expect(
      other.normalizer.steps == [
        .nfc, .bert(BertNormalizer(stripsAccents: false, lowercases: false)),
      ])
    #expect(try parse(other.serialized()).serialized() == other.serialized())
  }

  @Test(arguments: [
    ("model.max_input_chars_per_word", "50", "longest word"),
    ("model.continuing_subword_prefix", #""@@""#, "prefix"),
    ("added_tokens", #"[{"id":0,"content":"[PAD]","lstrip":true}]"#, "added tokens"),
    ("normalizer", #"{"type":"BertNormalizer","lowercase":false}"#, "normalized"),
  ])
  func linesKeepEveryRule(_ key: String, _ value: String, _ word: String) throws {
    let tokenizer = try parse(edited(key, value))
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerFormat.lines.files(of: tokenizer)
    }
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }

  @Test func spacesAreCleanedUpOnce() throws {
    let tokenizer = try WordPieceFixture.tokenizer(pieces: ["[UNK]", "x . . ? n't do not '"])
    // The replacements of `tokenizers`, one after the other.
    #expect(try tokenizer.decode([1]) == Array("x..?n't don't '".utf8))
  }

  @Test func longLinesAreRefused() {
    let text = "[UNK]\n" + String(repeating: "a", count: 4097)
    let error = #expect(throws: TokenizerError.self) {
      try VocabularyText.parse(Array(text.utf8), path: "v")
    }
    #expect(error?.description.contains("line 2 has 4097 bytes") == true)
  }

  @Test func addedTokensAreNoPieces() throws {
    let tokens =
      #"[{"id":900,"content":"zqzq","single_word":false,"lstrip":false,"rstrip":false,"#
      + #""normalized":false,"special":true}]"#
    let tokenizer = try parse(edited("added_tokens", tokens))
    #expect(try !tokenizer.encode("zqzq").contains(900))
    #expect(try tokenizer.encode("a zqzq", specialTokens: .recognize).last == 900)
    #expect(try parse(tokenizer.serialized()).serialized() == tokenizer.serialized())
  }

  @Test func aHundredThousandAddedTokensAreQuick() throws {
    let tokens = (0..<100_000).map {
      #"{"id":\#(1000 + $0),"content":"<token \#($0)>","special":false,"normalized":true}"#
    }
    let bytes = try edited("added_tokens", "[\(tokens.joined(separator: ","))]")
    let elapsed = try ContinuousClock().measure {
      let tokenizer = try parse(bytes)
      #expect(try tokenizer.encode("a <token 99999> b<token 0>")[1] == 100_999)
      #expect(try tokenizer.encode(String(repeating: "<token ", count: 20_000)).count >= 20_000)
    }
    #expect(elapsed < .seconds(10))
  }

  @Test func vocabularyTextIsReadAndWritten() throws {
    let tokenizer = try WordPieceFixture.tokenizer("uncased")
    let text = try VocabularyText.serialize(tokenizer)
    let parsed = try VocabularyText.parse(text, path: "vocab.txt")
    #expect(
      Fixture.withoutVersions(parsed.serialized())
        == Fixture.withoutVersions(tokenizer.serialized()))
    #expect(try VocabularyText.serialize(parsed) == text)
    let directory = FilePath("/tmp").appending("crate-lm-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileSystem.remove(directory) }
    try FileSystem.createDirectory(directory)
    try FileContents.write(text, to: directory.appending("vocab.txt"))
    let loaded = try TokenizerFile.load(directory.appending("vocab.txt"))
    #expect(loaded.serialized() == parsed.serialized())
  }

  @Test func linesAreTrimmedAndTheLastOfEqualOnesCounts() throws {
    let text = "[UNK] \r\na\u{3000}\n\na\n##b \t\n b"
    let tokenizer = try VocabularyText.parse(Array(text.utf8), path: "v")
    #expect(try tokenizer.encode("ab") == [3, 4])
    #expect(tokenizer.id(of: Array(" b".utf8)) == 5)
    #expect(tokenizer.vocabularySize == 6)
    #expect(tokenizer.tokenCount == 4)
    #expect(tokenizer.normalizer.steps == [.bert(.uncased)])
    #expect(tokenizer.postProcessor == nil)
    #expect(
      try VocabularyText.parse(Array("[UNK]\nA".utf8), path: "v").normalizer.steps
        == [.bert(.cased)])
    #expect(
      try VocabularyText.serialize(tokenizer) == Array("[UNK]\n\n\na\n##b\n b\n".utf8))
  }

  @Test(arguments: ["", "a\n", "\n\n", "[unk]\n"])
  func refusesTextWithoutAnUnknownToken(_ text: String) {
    #expect(throws: TokenizerError.self) {
      try VocabularyText.parse(Array(text.utf8), path: "v")
    }
    #expect(throws: TokenizerError.corrupt(path: "v", reason: "it is not UTF-8")) {
      try VocabularyText.parse([0xFF] + Array(text.utf8), path: "v")
    }
  }

  @Test func noMutationTraps() throws {
    let original = try WordPieceFixture.bytes("cased.json")
    var generator = SeededGenerator(seed: 19)
    for _ in 0..<300 {
      guard let tokenizer = try? parse(original.mutated(&generator)) else { continue }
      _ = try tokenizer.decode(tokenizer.encode("The dog doesn't 字 é"))
      #expect(try parse(tokenizer.serialized()).serialized() == tokenizer.serialized())
    }
  }
}
