import Storage
import Testing
import Tokenizer

@Suite struct BytePairEncoderTests {
  /// Ids recorded from Hugging Face's `tokenizers`.
  @Test(arguments: Fixture.tokenizerNames)
  func idsAreThoseOfTheReference(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let cases = try #require(try Fixture.json("encodings.json").object?[name]?.array)
    #expect(cases.count > 200)
    for recorded in cases {
      let text = try #require(recorded.object?["text"]?.string)
      #expect(try tokenizer.encode(text) == ids(recorded, "ids"), "\(text.debugDescription)")
      #expect(
        try tokenizer.encode(text, specialTokens: .recognize) == ids(recorded, "special_ids"),
        "\(text.debugDescription)")
    }
  }

  private func ids(_ recorded: JSONValue, _ key: String) -> [TokenID]? {
    recorded.object?[key]?.array?.compactMap { $0.integer.map(TokenID.init) }
  }

  @Test func oneEncoderGivesTheSameIDsAgainAndAgain() throws {
    let tokenizer = try Fixture.tokenizer("none")
    var generator = SeededGenerator(seed: 1)
    var encoder = tokenizer.makeEncoder()
    for _ in 0..<3000 {
      let text = SeededCases.text(&generator, count: 200)
      var ids: [TokenID] = []
      try encoder.encode(Array(text.utf8).span, specialTokens: .treatAsText, into: &ids)
      #expect(try ids == tokenizer.encode(text))
    }
  }

  @Test func idsAreAppended() throws {
    let tokenizer = try Fixture.tokenizer("none")
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = [-7]
    let text = Array("the end".utf8)
    try encoder.encode(text.span, specialTokens: .treatAsText, into: &ids)
    #expect(try ids == [-7] + tokenizer.encode("the end"))
  }

  @Test(arguments: [
    ([0x61, 0xFF], 1), ([0xC3], 0), ([0x61, 0x62, 0xE2, 0x82], 2), ([0xED, 0xA0, 0x80], 0),
    ([0xC0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0x20, 0x80], 1),
  ])
  func refusesWhatIsNotUTF8(_ text: [UInt8], _ offset: Int) throws {
    let tokenizer = try Fixture.tokenizer("nfc")
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: offset)) {
      try tokenizer.encode(text)
    }
  }

  /// In quadratic time this would take hours.
  @Test(.timeLimit(.minutes(3))) func aMillionLettersTakeNoQuadraticTime() throws {
    let tokenizer = try Fixture.tokenizer("none")
    for text in ["a", "x", "ab", " ", "é", "\u{301}", "字"] {
      let bytes = Array(String(repeating: text, count: 1_000_000 / text.utf8.count).utf8)
      #expect(try tokenizer.decode(tokenizer.encode(bytes)) == bytes)
    }
  }
}
