import Storage
import SystemPackage
import Testing
import Tokenizer

/// The kernels of public reports against what `Tests/Fixtures/reports/generate.py` wrote, which asked
/// `tokenizers` 0.23.3 and `tiktoken` 0.14.0.
@Suite struct ReportedCaseTests {
  private static let directory = Fixture.directory.removingLastComponent().appending("reports")
  private static let expected = try? JSONValue.parse(
    FileContents.read(directory.appending("expected.json"))
  ).object
  private static let names = expected?["tokenizers"]?.object?.keys ?? []

  @Test func allAreThere() {
    #expect(Self.names.count == 9)
  }

  @Test(arguments: names)
  func idsAreThoseOfTheLibrary(_ name: String) throws {
    let tokenizer = try TokenizerFile.load(Self.directory.appending(name))
    let again = try TokenizerFile.parse(tokenizer.serialized(), path: "x")
    let cases = try #require(Self.expected?["tokenizers"]?.object?[name]?.array)
    #expect(cases.count == 18)
    for value in cases {
      let text = try #require(value.object?["text"]?.string)
      let ids = try #require(value.object?["ids"]?.ids)
      for tokenizer in [tokenizer, again] {
        let bytes = Array(text.utf8)
        #expect(
          try tokenizer.encode(bytes, specialTokens: .recognize) == ids, "\(text.debugDescription)")
        let special = try tokenizer.encode(
          bytes, specialTokens: .recognize, addSpecialTokens: true)
        #expect(special == value.object?["special"]?.ids)
        let decoded = String(decoding: try tokenizer.decode(ids), as: UTF8.self)
        #expect(decoded.utf8.elementsEqual(try #require(value.object?["decoded"]?.string).utf8))
      }
    }
  }

  @Test(arguments: [SplitPattern.gpt2, .cl100k])
  func idsAreThoseOfTheFamily(_ pattern: SplitPattern) throws {
    let file = Self.directory.appending("02-ranks.tiktoken")
    #expect(throws: TokenizerError.unknownSplit(path: file.string)) {
      try TokenizerFile.load(file)
    }
    let tokenizer = try TokenizerFile.load(file, pattern: pattern)
    let cases = try #require(Self.expected?["ranks"]?.object?[pattern.rawValue]?.array)
    #expect(cases.count == 18)
    for value in cases {
      let text = try #require(value.object?["text"]?.string)
      #expect(try tokenizer.encode(text) == value.object?["ids"]?.ids, "\(text.debugDescription)")
    }
  }

  /// Every truncation and padding, alone and together.
  @Test func batchesAreThoseOfTheLibrary() throws {
    let file = try FileContents.read(Self.directory.appending("11-truncation-padding.json"))
    let description = try #require(try JSONValue.parse(file).object)
    let texts = try #require(Self.expected?["batch"]?.array).map { Array(($0.string ?? "").utf8) }
    let cases = try #require(Self.expected?["batches"]?.array).compactMap(\.object)
    #expect(cases.count == 68 && texts.count == 4)
    for value in cases {
      let members = zip(description.keys, description.values).map { key, member in
        (key: key, value: ["truncation", "padding"].contains(key) ? value[key] ?? .null : member)
      }
      let tokenizer = try TokenizerFile.parse(
        JSONValue.object(JSONObject(members)).serialized(), path: "x")
      let rules = tokenizer.batching
      let plain = try tokenizer.encode(batch: texts, rules: rules, addSpecialTokens: false)
      #expect(plain.ids == value["plain"]?.array?.compactMap(\.ids))
      #expect(
        plain.attentionMasks == value["masks"]?.array?.compactMap(\.ids).map { $0.map(Int.init) })
      if let special = value["special"]?.array {
        #expect(
          try tokenizer.encode(batch: texts, rules: rules).ids == special.compactMap(\.ids))
      } else {
        #expect(throws: TokenizerError.self) { try tokenizer.encode(batch: texts, rules: rules) }
      }
    }
  }

  /// What the library fails at, and lengths that would not fit into memory.
  @Test func rulesMayBeImpossible() throws {
    let tokenizer = try TokenizerFile.load(Self.directory.appending("11-truncation-padding.json"))
    let rules = tokenizer.batching
    var second = rules
    second.truncation?.strategy = .onlySecond
    let short = try tokenizer.encode(batch: [Array("a b".utf8)], rules: second)
    #expect(short.ids == [[2, 5, 6, 3, 0, 0, 0, 0]])
    var (long, multiple) = (rules, rules)
    long.padding?.fixedLength = .max
    multiple.padding?.multiple = .max
    for rules in [second, long, multiple] {
      let error = #expect(throws: TokenizerError.self) {
        try tokenizer.encode(batch: [Array("Unhappy cats do not.".utf8)], rules: rules)
      }
      guard case .invalidBatchRule? = error else { throw try #require(error) }
    }
    // Each of the texts is short enough, and their filling together not.
    var wide = rules
    wide.padding?.fixedLength = 1 << 24
    let five = #expect(throws: TokenizerError.self) {
      try tokenizer.encode(batch: Array(repeating: Array("a".utf8), count: 5), rules: wide)
    }
    #expect(
      five?.description.contains("5 texts are to be filled up to 16777216 tokens each") == true)
    #expect(try wide.padding?.length(of: [1, 1, 1, 1]) == 1 << 24)
  }
}

extension JSONValue {
  /// The integers of an array.
  fileprivate var ids: [TokenID]? { array?.map { TokenID($0.integer ?? -1) } }
}
