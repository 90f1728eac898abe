import Storage
import Testing
import Tokenizer

@Suite struct OffsetTests {
  private func locate(_ text: String, _ name: String) throws -> [LocatedToken] {
    var encoder = try Fixture.tokenizer(name).makeEncoder()
    return try encoder.encodeWithOffsets(Array(text.utf8).span, specialTokens: .recognize)
  }

  /// What `tokenizers` recorded of texts under all kinds of normalisers, added tokens and
  /// post-processors.
  @Test func idsAndPlacesAreThoseOfTheReference() throws {
    let file = try #require(JSONValue.parse(Fixture.bytes("bpe-none.json")).object)
    let cases = try #require(try Fixture.json("offsets.json").array)
    #expect(cases.count == 14)
    for recorded in cases.compactMap(\.object) {
      let changes = try #require(recorded["changes"]?.object)
      let members = zip(file.keys + changes.keys, file.values + changes.values)
      let bytes = JSONValue.object(JSONObject(members.map { (key: $0, value: $1) })).serialized()
      let tokenizer = try TokenizerFile.parse(bytes, path: "x.json")
      // What is written is read as the same.
      let again = try TokenizerFile.parse(tokenizer.serialized(), path: "x.json")
      #expect(again.serialized() == tokenizer.serialized())
      for encoding in try #require(recorded["encodings"]?.array).compactMap(\.object) {
        try expect(again, encoding)
      }
    }
  }

  private func expect(_ tokenizer: any TextTokenizer, _ recorded: JSONObject) throws {
    func ids(_ object: JSONObject?, _ key: String = "ids") -> [TokenID] {
      (object?[key]?.array ?? []).compactMap { $0.integer.map(TokenID.init) }
    }
    let text = try #require(recorded["text"]?.string)
    let bytes = Array(text.utf8)
    for (key, handling) in [("plain", SpecialTokenHandling.treatAsText), ("special", .recognize)] {
      let expected = recorded[key]?.object
      var encoder = tokenizer.makeEncoder()
      let tokens = try encoder.encodeWithOffsets(bytes.span, specialTokens: handling)
      #expect(tokens.map(\.id) == ids(expected), "\(text.debugDescription)")
      let places = tokens.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
      #expect(places.map(TokenID.init) == ids(expected, "offsets"), "\(text.debugDescription)")
      #expect(try tokenizer.encode(text, specialTokens: handling) == ids(expected))
    }
    let around = try tokenizer.encode(text, specialTokens: .recognize, addSpecialTokens: true)
    #expect(around == ids(recorded, "around"))
    let pair = recorded["pair"]?.object
    let other = try #require(pair?["other"]?.string)
    let found = try tokenizer.encode(bytes, pair: Array(other.utf8), specialTokens: .recognize)
    #expect(found.ids == ids(pair))
    #expect(found.typeIDs.map(TokenID.init) == ids(pair, "types"))
  }

  @Test func unchangedTextIsCoveredByWholeScalars() throws {
    let tokenizer = try Fixture.tokenizer("none")
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let text = SeededCases.text(&generator) + "<|endoftext|>" + SeededCases.text(&generator)
      let bytes = Array(text.utf8)
      let tokens = try locate(text, "none")
      #expect(try tokens.map(\.id) == tokenizer.encode(text, specialTokens: .recognize))
      var start = 0
      for token in tokens {
        let count = try #require(tokenizer.bytes(of: token.id)).count
        // The bytes of the token are in its place, which is whole scalars.
        #expect(token.range.lowerBound <= start && start + count <= token.range.upperBound)
        #expect(token.range.count <= count + 6)
        #expect(String(validating: bytes[token.range], as: UTF8.self) != nil)
        start += count
      }
      #expect(start == bytes.count)
    }
  }

  @Test func composedTextStandsForItsFirstScalar() throws {
    // The text is "é x" with a mark of its own: bytes 0 to 3 become two bytes.
    let tokens = try locate("e\u{301} x", "nfc")
    #expect(tokens.last?.range.upperBound == 5)
    let accented = tokens.filter { $0.range.lowerBound < 3 }
    #expect(accented.allSatisfy { $0.range == 0..<1 })
  }

  @Test func rangesStayInsideTheTextAndInOrder() throws {
    var generator = SeededGenerator(seed: 4)
    for name in ["nfc", "uncased"] {
      for _ in 0..<500 {
        let text = SeededCases.text(&generator)
        var start = 0
        for token in try locate(text, name) {
          #expect(token.range.lowerBound >= start && token.range.upperBound <= text.utf8.count)
          start = token.range.lowerBound
        }
      }
    }
  }

  @Test func lettersBehindRemovedMarksKeepTheirPlace() throws {
    // Decomposed, in lower case and without its marks: "ab".
    let tokens = try locate("A\u{301}\u{323}B", "uncased")
    #expect(tokens.first?.range.lowerBound == 0)
    #expect(tokens.last?.range.upperBound == 6)
  }
}
