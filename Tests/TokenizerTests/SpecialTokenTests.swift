import Testing
import Tokenizer

@Suite struct SpecialTokenTests {
  private func tokenizer(_ specialTokens: [String]) throws -> ByteLevelBPETokenizer {
    try BytePairTrainer(
      BytePairTrainer.Options(vocabularySize: 300, specialTokens: specialTokens)
    ).train()
  }

  @Test func theLongestIsTaken() throws {
    let tokenizer = try tokenizer(["<a>", "<a><b>", "<a><b", "é x"])
    let bytes = tokenizer.encode("<")
    #expect(tokenizer.encode("<a><b>", specialTokens: .recognize) == [1])
    #expect(tokenizer.encode("<a><b", specialTokens: .recognize) == [2])
    #expect(tokenizer.encode("<a><", specialTokens: .recognize) == [0] + bytes)
    #expect(tokenizer.encode("<<a><a>", specialTokens: .recognize) == bytes + [0, 0])
    #expect(tokenizer.encode("é x", specialTokens: .recognize) == [3])
    #expect(tokenizer.encode("<a>").count == 3)
  }

  @Test func theyAreDecodedAsTheyAreWritten() throws {
    let tokenizer = try tokenizer(["<|end of text|>", "é x"])
    let parsed = try TokenizerFile.parse(tokenizer.serialized(), path: "test")
    #expect(try parsed.decode([0, 1]) == Array("<|end of text|>é x".utf8))
    #expect(parsed.specialTokens == tokenizer.specialTokens)
    #expect(parsed.id(of: Array("é x".utf8)) == 1)
  }

  @Test func oneTokenGivenTwiceIsOne() throws {
    #expect(try tokenizer(["<a>", "<a>", "<b>"]).specialTokens.map(\.content) == ["<a>", "<b>"])
  }
}
