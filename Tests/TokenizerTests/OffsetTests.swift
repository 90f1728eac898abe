import Testing
import Tokenizer

@Suite struct OffsetTests {
  private func locate(_ text: String, _ name: String) throws -> [LocatedToken] {
    var encoder = try Fixture.tokenizer(name).makeEncoder()
    return try encoder.encodeWithOffsets(Array(text.utf8).span, specialTokens: .recognize)
  }

  @Test func unchangedTextIsCoveredExactly() throws {
    let tokenizer = try Fixture.tokenizer("none")
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let text = SeededCases.text(&generator) + "<|endoftext|>" + SeededCases.text(&generator)
      let bytes = Array(text.utf8)
      let tokens = try locate(text, "none")
      #expect(tokens.map(\.id) == tokenizer.encode(text, specialTokens: .recognize))
      #expect(tokens.flatMap { bytes[$0.range] } == bytes)
      for token in tokens { #expect(tokenizer.bytes(of: token.id) == Array(bytes[token.range])) }
    }
  }

  @Test func changedTextIsNamedAsItWas() throws {
    // The text is "é x" with a mark of its own: bytes 0 to 3 become two bytes.
    let tokens = try locate("e\u{301} x", "nfc")
    #expect(tokens.first?.range.lowerBound == 0)
    #expect(tokens.last?.range.upperBound == 5)
    let accented = tokens.filter { $0.range.lowerBound < 3 }
    #expect(accented.allSatisfy { $0.range == 0..<3 })
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
