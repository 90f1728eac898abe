import Testing
import Tokenizer

@Suite struct StreamingDecoderTests {
  /// The ids of the bytes, one each.
  private func decode(_ bytes: [UInt8]) throws -> [String] {
    let tokenizer = try Fixture.tokenizer("none")
    var decoder = StreamingDecoder(tokenizer)
    var parts = try bytes.map { byte in try decoder.append(#require(tokenizer.id(of: [byte]))) }
    parts.append(decoder.finish())
    return parts
  }

  @Test func charactersComeWhole() throws {
    #expect(try decode(Array("aé".utf8)) == ["a", "", "é", ""])
    #expect(try decode(Array("字😀".utf8)) == ["", "", "字", "", "", "", "😀", ""])
  }

  /// One U+FFFD for each maximal ill-formed part (Unicode Standard, table 3-8).
  @Test(arguments: [
    ([0xC3], "\u{FFFD}"), ([0xE5, 0xAD], "\u{FFFD}"), ([0xF0, 0x9F, 0x98], "\u{FFFD}"),
    ([0xFF, 0x61], "\u{FFFD}a"), ([0xC3, 0x61], "\u{FFFD}a"), ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
    ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ([0xF0, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ([0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62], "\u{FFFD}\u{FFFD}\u{FFFD}b"),
    ([0x80, 0x80, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
    ([0xF4, 0x90, 0x80, 0x80, 0x41], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A"),
  ])
  func illFormedPartsAreReplaced(_ bytes: [UInt8], _ expected: String) throws {
    #expect(try decode(bytes).joined() == expected)
  }

  @Test func theSumIsTheWhole() throws {
    let tokenizer = try Fixture.tokenizer("none")
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<500 {
      let ids = (0..<40).map { _ in TokenID.random(in: 0..<700, using: &generator) }
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in ids { text += try decoder.append(id) }
      text += decoder.finish()
      let whole = String(decoding: try tokenizer.decode(ids), as: UTF8.self)
      #expect(text.utf8.elementsEqual(whole.utf8))
    }
  }

  @Test func unknownIDsAreRefused() throws {
    var decoder = StreamingDecoder(try Fixture.tokenizer("nfc"))
    #expect(throws: TokenizerError.unknownID(500, vocabularySize: 500)) { try decoder.append(500) }
  }

  /// Behind a prompt a piece goes on in the word or begins with a space, as `tokenizers` decodes
  /// the prompt and the pieces together.
  @Test func piecesGoOnBehindAPrompt() throws {
    let tokenizer = try WordPieceFixture.tokenizer(pieces: ["[UNK]", "dog", "##s", "."])
    var decoder = StreamingDecoder(tokenizer, isAtStart: false)
    #expect(try decoder.append(2) == "s")
    #expect(try decoder.append(1) == " dog")
    #expect(try decoder.append(3) == ".")
    var first = StreamingDecoder(tokenizer)
    #expect(try first.append(2) == "##s")
    #expect(try first.append(1) == " dog")
  }
}
