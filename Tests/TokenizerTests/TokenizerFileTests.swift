import Storage
import SystemPackage
import Testing
import Tokenizer

@Suite struct TokenizerFileTests {
  @Test(arguments: Fixture.tokenizerNames)
  func writesWhatItReads(_ name: String) throws {
    #expect(try Fixture.tokenizer(name).serialized() == Fixture.bytes("bpe-\(name).json"))
  }

  @Test func takesADirectory() throws {
    let directory = FilePath("/tmp").appending("crate-lm-\(UInt64.random(in: 0 ... .max))")
    try? FileSystem.remove(directory)
    defer { try? FileSystem.remove(directory) }
    let tokenizer = try Fixture.tokenizer("nfc")
    try TokenizerFile.write(tokenizer, to: directory)
    let loaded = try TokenizerFile.load(directory)
    #expect(loaded.serialized() == tokenizer.serialized())
    #expect(loaded.normalizer == Fixture.inTheLibrary(Normalizer(form: .nfc)))
    #expect(throws: FileError.self) { try TokenizerFile.load(directory.appending("none")) }
  }

  /// The smallest file that is right, with some of its parts replaced.
  private func document(
    root: [(String, JSONValue)] = [], model: [(String, JSONValue)] = [],
    vocabulary: [(String, JSONValue)] = [], merges: [JSONValue] = []
  ) throws -> [UInt8] {
    let tokenizer = try BytePairTrainer(
      BytePairTrainer.Options(vocabularySize: 257)
    ).train()
    var file = try #require(JSONValue.parse(tokenizer.serialized()).object)
    var body = try #require(file["model"]?.object)
    let tokens = try #require(body["vocab"]?.object)
    body = replacing(body, "vocab", .object(JSONObject(members(tokens) + vocabulary)))
    body = replacing(body, "merges", .array(merges))
    for (key, value) in model { body = replacing(body, key, value) }
    file = replacing(file, "model", .object(body))
    for (key, value) in root { file = replacing(file, key, value) }
    return JSONValue.object(file).serialized()
  }

  private func members(_ object: JSONObject) -> [(key: String, value: JSONValue)] {
    zip(object.keys, object.values).map { ($0, $1) }
  }

  private func replacing(_ object: JSONObject, _ key: String, _ value: JSONValue) -> JSONObject {
    JSONObject(members(object) + [(key, value)])
  }

  @discardableResult
  private func parse(_ bytes: [UInt8]) throws(TokenizerError) -> any TextTokenizer {
    try TokenizerFile.parse(bytes, path: "x.json")
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

  @Test func takesBothSpellingsOfMergesAndNoModelType() throws {
    let vocabulary: [(String, JSONValue)] = [("ab", .integer(257)), ("Ġab", .integer(300))]
    for merges in [#"["a b", "Ġ ab"]"#, #"[["a","b"],["Ġ","ab"]]"#] {
      let tokenizer = try parse(
        document(vocabulary: vocabulary, merges: #require(json(merges).array)))
      #expect(try tokenizer.encode("ab ab") == [257, 300])
      // Ids may have gaps.
      #expect(tokenizer.vocabularySize == 301)
      #expect(tokenizer.tokenCount == 259)
      #expect(tokenizer.bytes(of: 299) == nil)
    }
    var file = try #require(JSONValue.parse(document()).object)
    let body = try #require(file["model"]?.object)
    let untyped = JSONObject(members(body).filter { $0.key != "type" })
    file = replacing(file, "model", .object(untyped))
    #expect(try parse(JSONValue.object(file).serialized()).vocabularySize == 257)
  }

  @Test(arguments: [
    ("version", #""2.0""#), ("normalizer", #"{"type":"Precompiled"}"#),
    ("normalizer", #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Other"}]}"#),
    ("pre_tokenizer", #"{"type":"Other"}"#),
    (
      "pre_tokenizer",
      #"{"type":"Split","pattern":{"Regex":"(?~a)"},"behavior":"Isolated","invert":false}"#
    ),
    (
      "post_processor",
      #"{"type":"Sequence","processors":[{"type":"BertProcessing","cls":["a",1],"sep":["b",2]},"#
        + #"{"type":"BertProcessing","cls":["a",1],"sep":["b",2]}]}"#
    ),
    ("post_processor", #"{"type":"Other"}"#),
    ("decoder", #"{"type":"Other"}"#),
  ])
  func namesWhatItDoesNotImplement(_ key: String, _ value: String) throws {
    let bytes = try document(root: [(key, json(value))])
    let error = #expect(throws: TokenizerError.self) { try parse(bytes) }
    guard case .unsupported("x.json", let feature)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!feature.isEmpty)
  }

  @Test(arguments: [
    ("type", #""Unigram""#), ("type", #""WordLevel""#), ("dropout", "0.1"),
  ])
  func namesWhatOfTheModelItDoesNotImplement(_ key: String, _ value: String) throws {
    let bytes = try document(model: [(key, json(value))])
    let error = #expect(throws: TokenizerError.self) { try parse(bytes) }
    guard case .unsupported? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    #""ab": 5"#, #""ab": -1"#, #""ab": 4194304"#, #""ab": 9223372036854775807"#, #""ab": 1.5"#,
    #""ab": "257""#,
  ])
  func refusesCorruptVocabularies(_ member: String) throws {
    let added = try #require(json("{\(member)}").object)
    let bytes = try document(vocabulary: members(added))
    try expectCorrupt(bytes)
  }

  @Test(arguments: [
    #""a b""#, #"["a","b"]"#, #""a""#, #""a b c""#, #""""#, #"[]"#, #"["a"]"#, #"["a","b","c"]"#,
    #"["a",1]"#, "1", "null", #"["","a"]"#, #"["字","a"]"#,
  ])
  func refusesCorruptMerges(_ merge: String) throws {
    try expectCorrupt(document(merges: [json(merge)]))
  }

  @Test func textsMayEndInASpecialToken() throws {
    let template =
      #"{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},"#
      + #"{"SpecialToken":{"id":"<|endoftext|>","type_id":0}}],"pair":[],"special_tokens":"#
      + #"{"<|endoftext|>":{"id":"<|endoftext|>","ids":[0],"tokens":["<|endoftext|>"]}}}"#
    let tokenizer = try parse(document(root: [("post_processor", json(template))]))
    let ids = try tokenizer.encode("ab")
    #expect(try tokenizer.encode("ab", addSpecialTokens: true) == ids + [0])
    #expect(try parse(tokenizer.serialized()).postProcessor == tokenizer.postProcessor)
  }

  @Test func takesWhatTheLibraryTakes() throws {
    // Of a merge that is listed twice the last counts; a vocabulary may lack bytes, and hold what
    // spells none, or nothing.
    let merge = try json(#"["a","b"]"#)
    let twice = try parse(document(vocabulary: [("ab", .integer(257))], merges: [merge, merge]))
    #expect(try twice.encode("ab") == [257])
    let odd = try parse(document(vocabulary: [("字", .integer(257)), ("", .integer(258))]))
    #expect(odd.vocabularySize == 259)
    #expect(odd.bytes(of: 258) == [])
    let few = try parse(document(model: [("vocab", json(#"{"a": 1, "b": 2}"#))]))
    #expect(try few.encode("a字b") == [1, 2])
    // Of a token that is listed again, the last description counts.
    let listed =
      #"[{"id":0,"content":"<|endoftext|>","special":true},{"id":0,"content":"<|endoftext|>","special":false}]"#
    let again = try parse(document(root: [("added_tokens", json(listed))]))
    #expect(again.specialTokens.isEmpty)
  }

  @Test func cutsAndFillsStayInTheFile() throws {
    let truncation = #"{"direction":"Left","max_length":8,"strategy":"OnlyFirst","stride":2}"#
    let padding =
      #"{"strategy":{"Fixed":8},"direction":"Right","pad_to_multiple_of":4,"pad_id":0,"#
      + #""pad_type_id":0,"pad_token":"<|endoftext|>"}"#
    let tokenizer = try parse(
      document(root: [("truncation", json(truncation)), ("padding", json(padding))]))
    #expect(tokenizer.batching.truncation?.maximumLength == 8)
    #expect(tokenizer.batching.padding?.fixedLength == 8)
    #expect(try tokenizer.encode("abcdefghijk").count == 11)
    let written = try #require(JSONValue.parse(tokenizer.serialized()).object)
    #expect(try written["truncation"] == json(truncation))
    #expect(try written["padding"] == json(padding))
  }

  @Test(arguments: [
    "", "{}", "[]", "null", "{\"model\":1}", "{\"version\":\"1.0\"}", "not json", "{\"model\":{}}",
  ])
  func refusesOtherFiles(_ text: String) {
    #expect(throws: TokenizerError.self) { try parse(Array(text.utf8)) }
  }

  @Test(arguments: [
    #"[{"content":"x"}]"#, #"[{"id":0}]"#, #"[{"id":-1,"content":"xx"}]"#,
    #"[{"id":99999999999,"content":"xx"}]"#, #"[{"id":0,"content":""}]"#, "[1]", "{}",
    #"[{"id":7,"content":"<|endoftext|>"}]"#, #"[{"id":9,"content":"<x>"}]"#,
    #"[{"id":0,"content":"<|endoftext|>"},{"id":1,"content":"<|endoftext|>"}]"#,
  ])
  func refusesCorruptAddedTokens(_ tokens: String) throws {
    try expectCorrupt(document(root: [("added_tokens", json(tokens))]))
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try Fixture.bytes("bpe-nfc.json")
    for count in stride(from: 0, to: bytes.count - 1, by: 101) {
      try expectCorrupt(Array(bytes[..<count]))
    }
  }

  @Test func noMutationTraps() throws {
    let original = try Fixture.bytes("bpe-nfc.json")
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<400 {
      guard let tokenizer = try? parse(original.mutated(&generator)) else { continue }
      let text = "the dog doesn't 字"
      #expect(try !tokenizer.decode(tokenizer.encode(text)).isEmpty)
      #expect(try parse(tokenizer.serialized()).serialized() == tokenizer.serialized())
    }
  }

  private func expectCorrupt(_ bytes: [UInt8]) throws {
    let error = #expect(throws: TokenizerError.self) { try parse(bytes) }
    guard case .corrupt("x.json", _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.category == .data)
  }
}
