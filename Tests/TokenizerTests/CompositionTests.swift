import Storage
import SystemPackage
import Testing
import Tokenizer

/// Tokenizers of many kinds against what `Tests/Fixtures/compositions/generate.py` wrote, which asked
/// `tokenizers` 0.23.3.
@Suite struct CompositionTests {
  private static let entries: [JSONObject] = {
    let path = Fixture.directory.removingLastComponent().appending("compositions")
      .appending("compositions.json")
    let value = try? JSONValue.parse(FileContents.read(path))
    return value?.array?.compactMap(\.object) ?? []
  }()

  private static let names = entries.compactMap { $0["name"]?.string }

  private func entry(_ name: String) throws -> JSONObject {
    try #require(Self.entries.first { $0["name"]?.string == name })
  }

  @Test func allAreThere() {
    #expect(Self.names.count == 27)
  }

  @Test(arguments: names)
  func encodesAndDecodes(_ name: String) throws {
    let entry = try entry(name)
    let file = try #require(entry["tokenizer"]).serialized()
    let tokenizer = try TokenizerFile.parse(file, path: "x")
    let again = try TokenizerFile.parse(tokenizer.serialized(), path: "x")
    for tokenizer in [tokenizer, again] {
      for value in try #require(entry["cases"]?.array) {
        try check(#require(value.object), tokenizer)
      }
    }
    #expect(again.serialized() == tokenizer.serialized())
  }

  private func check(_ expected: JSONObject, _ tokenizer: any TextTokenizer) throws {
    let text = try #require(expected["text"]?.string)
    let ids = try #require(expected["ids"]?.array).map { TokenID($0.integer ?? -1) }
    let places = try #require(expected["offsets"]?.array).map { place in
      Int(place.array?[0].integer ?? -1)..<Int(place.array?[1].integer ?? -1)
    }
    let around = tokenizer.postProcessor
    let bytes = Array(text.utf8)
    let found = try tokenizer.encode(bytes, specialTokens: .recognize, addSpecialTokens: true)
    #expect(found == ids, "\(text.debugDescription)")
    var encoder = tokenizer.makeEncoder()
    let located = try encoder.encodeWithOffsets(bytes.span, specialTokens: .recognize)
    let (before, behind) = (around?.prefix.count ?? 0, around?.suffix.count ?? 0)
    #expect(located.map(\.id) == Array(ids.dropFirst(before).dropLast(behind)))
    #expect(
      located.map(\.range) == Array(places.dropFirst(before).dropLast(behind)),
      "\(text.debugDescription)")
    let decoded = String(decoding: try tokenizer.decode(ids), as: UTF8.self)
    #expect(decoded.utf8.elementsEqual(try #require(expected["decoded"]?.string).utf8))
  }

  @Test func streamedTextIsThatOfAllTokens() throws {
    for name in ["Llama 2", "CLIP", "StarCoder", "words of sentencepiece"] {
      let tokenizer = try TokenizerFile.parse(
        #require(entry(name)["tokenizer"]).serialized(), path: "x")
      let ids = try tokenizer.encode("Über den Wölkchen, 字 12")
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in ids { text += try decoder.append(id) }
      text += decoder.finish()
      let whole = String(decoding: try tokenizer.decode(ids), as: UTF8.self)
      #expect(text.utf8.elementsEqual(whole.utf8), "\(name)")
    }
  }

  /// What `Tests/Fixtures/compositions/generate-long.py` wrote: long pieces are cut into words.
  @Test(arguments: names)
  func longTextsAreThoseOfTheLibrary(_ name: String) throws {
    let path = Fixture.directory.removingLastComponent().appending("compositions")
      .appending("long.json")
    let recorded = try #require(try JSONValue.parse(FileContents.read(path)).object)
    let ids = try #require(recorded["ids"]?.object?[name]?.array).map { TokenID($0.integer ?? -1) }
    let text = Array(try #require(recorded["text"]?.string).utf8)
    let tokenizer = try TokenizerFile.parse(
      #require(entry(name)["tokenizer"]).serialized(), path: "x")
    var encoder = tokenizer.makeEncoder()
    var found: [TokenID] = []
    try encoder.encode(text.span, specialTokens: .recognize, into: &found)
    #expect(found == ids)
    let located = try encoder.encodeWithOffsets(text.span, specialTokens: .recognize)
    #expect(located.map(\.id) == ids)
  }

  /// What each part of a file makes of its text, as `tokenizers` has it.
  @Test(arguments: [
    (#"{"String":"-"}"#, "Removed", false, "a-b--c", ["a", "b", "c"]),
    (#"{"String":"-"}"#, "Isolated", false, "a-b--c", ["a", "-", "b", "-", "-", "c"]),
    (#"{"String":"-"}"#, "MergedWithPrevious", false, "a-b--c", ["a-", "b-", "-", "c"]),
    (#"{"String":"-"}"#, "MergedWithNext", false, "a-b--c", ["a", "-b", "-", "-c"]),
    (#"{"String":"-"}"#, "Contiguous", false, "a-b--c", ["a", "-", "b", "--", "c"]),
    (#"{"String":"-"}"#, "Removed", true, "a-b--c", ["-", "-", "-"]),
    (#"{"String":""}"#, "Isolated", false, "aé", ["a", "é"]),
    (#"{"Regex":"^.|.$"}"#, "Isolated", false, "ab\ncd", ["a", "b", "\n", "c", "d"]),
    (
      #"{"Regex":"\\w+|[^\\w\\s]+"}"#, "Removed", true, "a\u{301}b, ½ c²",
      ["a\u{301}b", ",", "½", "c²"]
    ),
    (#"{"Regex":"(?i:'s|k)"}"#, "Removed", false, "a'\u{17F}b\u{212A}c", ["a", "b", "c"]),
    (#"{"Regex":"a{2}?"}"#, "Isolated", false, "aab", ["aa", "b"]),
    (
      #"{"Regex":"(.)\\1"}"#, "Isolated", false, "aabbcʕabcc", ["aa", "bb", "cʕab", "cc"]
    ),
    (#"{"Regex":"(?<c>\\w)(x)?\\k<c>"}"#, "Isolated", false, "axab", ["axa", "b"]),
    (#"{"Regex":"(?:(a)|b)*\\1"}"#, "Isolated", false, "aabbaabc", ["aabbaa", "bc"]),
    (#"{"Regex":"\\p{Ll}"}"#, "Removed", true, "aʕA", ["a", "ʕ"]),
  ])
  func splits(
    _ pattern: String, _ behavior: String, _ inverts: Bool, _ text: String, _ pieces: [String]
  ) throws {
    let tokenizer = try splitting(
      #"{"type":"Split","pattern":\#(pattern),"behavior":"\#(behavior)","invert":\#(inverts)}"#)
    #expect(try self.pieces(of: text, tokenizer) == pieces.map { Array($0.utf8) })
  }

  /// WordPiece without any pieces, so that each part of a text is one token.
  private func splitting(_ preTokenizer: String) throws -> any TextTokenizer {
    let file = #"""
      {"pre_tokenizer":\#(preTokenizer),
       "model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0}}}
      """#
    return try TokenizerFile.parse(Array(file.utf8), path: "x")
  }

  private func pieces(of text: String, _ tokenizer: any TextTokenizer) throws -> [[UInt8]] {
    var encoder = tokenizer.makeEncoder()
    let bytes = Array(text.utf8)
    return try encoder.encodeWithOffsets(bytes.span, specialTokens: .treatAsText).map {
      Array(bytes[$0.range])
    }
  }

  @Test(arguments: [
    (#"\1(a)"#, "ended before"), (#"(a\1?)"#, "ended before"),
    (#"(?i)(a)\1"#, "in either case"),
    (#"(?<n>a)|(?<n>b)\k<n>"#, "one group"), (#"(?<n>a)(b)\1"#, "one group"),
    (#"(?=(a))\1"#, "ended before"), (#"(a)\10"#, "more digits"), (#"(a)\k<-1>"#, "one group"),
    (#"\g<1>(a)"#, #"\g"#),
    (#"a\Kb"#, #"\K"#), (#"\Ga"#, #"\G"#), (#"\X"#, #"\X"#), (#"(?~a)"#, "(?~…)"),
    (#"(?i)stop"#, "ligature"), (#"(?i)é"#, "beyond ASCII"),
    (#"(?i)[^a]"#, "brackets in either case"),
    (#"\p{Emoji}"#, #"\p{Emoji}"#), (#"\pL"#, "without braces"), (#"(?<=a*)b"#, "look-behind"),
    (#"a{3,1}"#, "interval"),
  ])
  func namesWhatOfAnExpressionIsNotDone(_ expression: String, _ construct: String) {
    do throws(PatternFlaw) {
      _ = try TextPattern(regularExpression: expression)
      Issue.record("\(expression) was taken")
    } catch {
      guard case .unsupported(let named) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(named.contains(construct))
    }
  }

  @Test(arguments: ["(", ")", "[a", "*", "a**(", #"\x{110000}"#, "[b-a]", #"\p{L"#, "(?<n"])
  func namesWhatIsNoExpression(_ expression: String) {
    #expect(throws: PatternFlaw.self) { try TextPattern(regularExpression: expression) }
  }

  @Test func anExpressionIsBoundedInTime() throws {
    let tokenizer = try splitting(
      #"{"type":"Split","pattern":{"Regex":"(?:a|a|b)*(?:a|a|b)*c"},"behavior":"Isolated","invert":false}"#
    )
    let text = String(repeating: "a", count: 4000)
    let tooCostly = TokenizerError.patternTooCostly(pattern: "(?:a|a|b)*(?:a|a|b)*c")
    #expect(throws: tooCostly) { try tokenizer.encode(text) }
    #expect(throws: tooCostly) { try tokenizer.encode(Array(text.utf8)) }
  }
}
