import Testing
import Tokenizer

/// Random texts and bytes: what is encoded comes back, and nothing traps.
@Suite struct FuzzTests {
  private static func tokenizers() throws -> [any TextTokenizer] {
    try [Fixture.tokenizer("none"), Fixture.tokenizer("nfc"), Fixture.tokenizer("uncased")]
      + WordPieceFixture.names.map { try WordPieceFixture.tokenizer($0) }
  }

  /// Bytes that are UTF-8 have ids; for others the first wrong one is named.
  @Test func arbitraryBytes() throws {
    var generator = SeededGenerator(seed: 21)
    for tokenizer in try Self.tokenizers() {
      for _ in 0..<2000 {
        var bytes = Array(SeededCases.text(&generator, count: 8).utf8)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          bytes.insert(
            .random(in: 0...255, using: &generator),
            at: .random(in: 0...bytes.count, using: &generator))
        }
        let isValid = String(validating: bytes, as: UTF8.self) != nil
        do throws(TokenizerError) {
          let ids = try tokenizer.encode(bytes, specialTokens: .recognize)
          #expect(isValid)
          #expect(try !tokenizer.decode(ids).isEmpty || ids.isEmpty)
        } catch {
          guard case .invalidUTF8(let offset) = error else {
            Issue.record("\(error)")
            continue
          }
          #expect(!isValid)
          #expect(String(validating: bytes[..<offset], as: UTF8.self) != nil)
          #expect(offset < bytes.count)
        }
      }
    }
  }

  /// Texts of the vocabulary's own pieces come back byte for byte where nothing is normalised.
  @Test(arguments: [false, true]) func piecesPutTogether(_ recognizes: Bool) throws {
    let tokenizer = try Fixture.tokenizer("none")
    let handling: SpecialTokenHandling = recognizes ? .recognize : .treatAsText
    var generator = SeededGenerator(seed: 22)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 1...20, using: &generator)).flatMap { _ in
        let id = TokenID.random(in: 0..<TokenID(tokenizer.vocabularySize), using: &generator)
        return tokenizer.bytes(of: id) ?? []
      }
      guard let text = String(validating: bytes, as: UTF8.self) else { continue }
      let ids = try tokenizer.encode(text, specialTokens: handling)
      #expect(try tokenizer.decode(ids) == bytes)
      var encoder = tokenizer.makeEncoder()
      let located = try encoder.encodeWithOffsets(bytes.span, specialTokens: handling)
      #expect(located.map(\.id) == ids)
    }
  }

  /// Any ids have text, or an error that names the first without.
  @Test func arbitraryIDs() throws {
    var generator = SeededGenerator(seed: 23)
    for tokenizer in try Self.tokenizers() {
      let size = TokenID(tokenizer.vocabularySize)
      for _ in 0..<500 {
        let ids = (0..<8).map { _ in TokenID.random(in: 0..<size, using: &generator) }
        _ = try tokenizer.decode(ids)
        for id in [-1, size, .min, .max] {
          #expect(throws: TokenizerError.unknownID(id, vocabularySize: Int(size))) {
            try tokenizer.decode(ids + [id])
          }
        }
      }
    }
  }
}
