import Storage
import Testing
import Tokenizer

@Suite struct BertNormalizerTests {
  /// Random strings under every combination of flags, by Hugging Face's `tokenizers`.
  @Test func textIsThatOfTheReference() throws {
    let cases = try #require(
      try JSONValue.parse(WordPieceFixture.bytes("normalization.json")).array)
    #expect(cases.count == 360)
    for recorded in cases {
      let text = try #require(recorded.object?["text"]?.string)
      let flags = try #require(recorded.object?["flags"]?.array)
      let expected = try #require(recorded.object?["normalized"]?.string)
      let normalizer = BertNormalizer(
        cleansText: flags[0].bool == true, separatesChinese: flags[1].bool == true,
        stripsAccents: flags[2].bool, lowercases: flags[3].bool == true)
      let result = try Normalizer(steps: [.bert(normalizer)]).normalize(Array(text.utf8))
      #expect(
        result == Array(expected.utf8),
        "\(text.unicodeScalars.map { String($0.value, radix: 16) }) \(flags)")
    }
  }

  @Test(arguments: [
    // Assigned after Unicode 8, so that the library neither removes nor strips them.
    ("a\u{110CD}b", "a\u{110CD}b"), ("a\u{1DFA}b", "a\u{1DFA}b"),
    // Private use is removed, unassigned is not.
    ("a\u{E000}\u{F0000}b", "ab"), ("a\u{378}b", "a\u{378}b"), ("\u{FFFFE}", "\u{FFFFE}"),
    // Ideographs of extension E before U+2B920 are left alone.
    ("a\u{2B820}b", "a\u{2B820}b"), ("a\u{2B920}b", "a \u{2B920} b"),
    // A compatibility ideograph is put apart, then decomposed.
    ("\u{F900}", " \u{8C48} "), ("한", "\u{1112}\u{1161}\u{11AB}"),
    ("ΟΔΟΣ", "οδος".replacingFinalSigma), ("\t\u{3000}\r\n", "    "), ("Ünï", "uni"),
  ])
  func quirksOfTheReferenceAreKept(_ text: String, _ expected: String) throws {
    let normalizer = Normalizer(steps: [.bert(.uncased)])
    #expect(try normalizer.normalize(Array(text.utf8)) == Array(expected.utf8))
  }

  @Test func casedKeepsCaseAndAccents() throws {
    let normalizer = Normalizer(steps: [.bert(.cased)])
    #expect(try normalizer.normalize(Array("Ünï 字\u{7F}".utf8)) == Array("Ünï  字 ".utf8))
  }
}

extension String {
  /// The same letters, a sigma at the end written as within words.
  fileprivate var replacingFinalSigma: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0 == "ς" ? "σ" : $0 }))
  }
}
