import Storage
import Testing
import Tokenizer

@Suite struct NormalizerTests {
  /// Strings drawn at random and their forms by Python's `unicodedata`.
  @Test(arguments: NormalizationForm.allCases)
  func formsAreThoseOfTheReference(_ form: NormalizationForm) throws {
    let normalizer = Normalizer(form: form)
    let cases = try #require(try Fixture.json("normalization.json").array)
    #expect(cases.count == 400)
    for recorded in cases {
      let text = try #require(recorded.object?["text"]?.string)
      let key = form == .none ? "text" : form.rawValue
      let expected = try #require(recorded.object?[key]?.string)
      #expect(try normalizer.normalize(Array(text.utf8)) == Array(expected.utf8))
      // No form joins anything to a space or across a newline.
      #expect(
        try normalizer.normalize(Array("word \(text)\nend".utf8))
          == Array("word \(expected)\nend".utf8))
    }
  }

  @Test(arguments: NormalizationForm.allCases)
  func normalizingTwiceChangesNothing(_ form: NormalizationForm) throws {
    let normalizer = Normalizer(form: form)
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<1000 {
      let once = try normalizer.normalize(Array(SeededCases.text(&generator).utf8))
      #expect(try normalizer.normalize(once) == once)
    }
  }

  @Test(arguments: [
    ("ABC xyz", "abc xyz"), ("ΟΔΟΣ Σ", "οδοσ σ"), ("İI", "i\u{307}i"), ("ẞÄ", "ßä"),
    ("\u{10400}", "\u{10428}"), ("", ""), ("12 字", "12 字"),
  ])
  func lowerCaseLooksAtOneScalarAtATime(_ text: String, _ expected: String) throws {
    let normalizer = Normalizer(steps: [.lowercase])
    #expect(try normalizer.normalize(Array(text.utf8)) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("é", "é"), ("e\u{301}", "e"), ("\u{301}\u{20DD}\u{903}", ""), ("a\u{301}b\u{323}", "ab"),
  ])
  func strippingTakesMarksAlone(_ text: String, _ expected: String) throws {
    let normalizer = Normalizer(steps: [.stripAccents])
    #expect(try normalizer.normalize(Array(text.utf8)) == Array(expected.utf8))
  }

  @Test func optionsBecomeSteps() {
    #expect(Normalizer(form: .none).steps == [])
    #expect(Normalizer(form: .nfkc, lowercase: true).steps == [.nfkc, .lowercase])
    #expect(
      Normalizer(form: .nfc, lowercase: true, stripAccents: true).steps
        == [.nfd, .lowercase, .stripAccents, .nfc])
    #expect(Normalizer(form: .nfkd, stripAccents: true).steps == [.nfkd, .stripAccents])
  }

  /// In quadratic time this would take minutes.
  @Test(.timeLimit(.minutes(1))) func marksWithoutEndTakeNoQuadraticTime() throws {
    let marks = String(repeating: "\u{301}\u{323}\u{345}", count: 100_000)
    let normalized = try Normalizer(form: .nfc).normalize(Array("a\(marks)".utf8))
    // The dot below and the acute have joined the letter or follow in canonical order.
    #expect(normalized.starts(with: Array("\u{1EA1}\u{323}".utf8)))
  }

  @Test func versionsAreKnown() {
    #expect(ICUVersion.library.split(separator: ".").count == 2)
    #expect(ICUVersion.unicode.split(separator: ".").count == 2)
  }
}
