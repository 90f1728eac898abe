import Testing
import Tokenizer

@Suite struct RoundTripTests {
  @Test(arguments: Fixture.tokenizerNames)
  func decodingGivesTheNormalizedText(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let text = Array(SeededCases.text(&generator).utf8)
      let expected = try tokenizer.normalizer.normalize(text)
      #expect(try tokenizer.decode(tokenizer.encode(text)) == expected)
      if name == "none" { #expect(expected == text) }
    }
  }

  @Test(arguments: Fixture.tokenizerNames)
  func everyTokenIsFoundByItsBytes(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    for id in 0..<TokenID(tokenizer.vocabularySize) {
      let bytes = try #require(tokenizer.bytes(of: id))
      #expect(tokenizer.id(of: bytes) == id)
    }
    #expect(tokenizer.specialTokens.map(\.content) == BytePairTrainerTests.specialTokens)
    #expect(tokenizer.specialTokens.map(\.id) == [0, 1])
  }

  @Test func unknownIDsAreRefused() throws {
    let tokenizer = try Fixture.tokenizer("nfc")
    for id in [-1, 500, TokenID.max, .min] {
      #expect(throws: TokenizerError.unknownID(id, vocabularySize: 500)) {
        try tokenizer.decode([0, id])
      }
      #expect(tokenizer.bytes(of: id) == nil)
    }
  }
}
