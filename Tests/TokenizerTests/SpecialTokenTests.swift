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
    let bytes = try tokenizer.encode("<")
    #expect(try tokenizer.encode("<a><b>", specialTokens: .recognize) == [1])
    #expect(try tokenizer.encode("<a><b", specialTokens: .recognize) == [2])
    #expect(try tokenizer.encode("<a><", specialTokens: .recognize) == [0] + bytes)
    #expect(try tokenizer.encode("<<a><a>", specialTokens: .recognize) == bytes + [0, 0])
    #expect(try tokenizer.encode("é x", specialTokens: .recognize) == [3])
    #expect(try tokenizer.encode("<a>").count == 3)
  }

  @Test func theyAreDecodedAsTheyAreWritten() throws {
    let tokenizer = try tokenizer(["<|end of text|>", "é x"])
    let parsed = try TokenizerFile.parse(tokenizer.serialized(), path: "test")
    #expect(try parsed.decode([0, 1]) == Array("<|end of text|>é x".utf8))
    #expect(parsed.specialTokens == tokenizer.specialTokens)
    #expect(parsed.id(of: Array("é x".utf8)) == 1)
  }

  /// Letters that stand for bytes in merged tokens stand for themselves in added ones, which are
  /// found in text as they are written.
  @Test(arguments: ["café", "Ġx", "½½"]) func lettersThatStandForBytes(_ content: String) throws {
    let file = String(decoding: try tokenizer(["<a>"]).serialized(), as: UTF8.self)
    let changed = file.replacing("<a>", with: content)
    for json in [changed, changed.replacing("\"\(content)\": 0,", with: "")] {
      let parsed = try TokenizerFile.parse(Array(json.utf8), path: "test")
      let ids = try parsed.encode("a\(content)b", specialTokens: .recognize)
      #expect(ids.contains(0))
      #expect(try parsed.decode(ids) == Array("a\(content)b".utf8))
      var decoder = StreamingDecoder(parsed)
      #expect(try decoder.append(0) == content)
    }
  }

  @Test func oneTokenGivenTwiceIsOne() throws {
    #expect(try tokenizer(["<a>", "<a>", "<b>"]).specialTokens.map(\.content) == ["<a>", "<b>"])
  }
}
