import Storage
import Testing
import Tokenizer

/// The Unicode version by which text is normalised, and what files say of it.
@Suite struct UnicodeVersionTests {
  /// The tokenizer `name`, whose normalizer has `members` besides its own.
  private func tokenizer(_ members: String, name: String = "nfc") throws -> any TextTokenizer {
    let text = String(decoding: try Fixture.bytes("bpe-\(name).json"), as: UTF8.self)
    let parts = text.split(separator: #""type": "NFC""#, maxSplits: 1)
    try #require(parts.count == 2)
    let changed = parts[0] + #""type": "NFC""# + members + parts[1]
    return try TokenizerFile.parse(Array(changed.utf8), path: "x.json")
  }

  /// U+0897, a mark of class 230, came with Unicode 16.0 and U+1E4EC, of class 232, with 15.0,
  /// U+08D3, of class 220, with 11.0: only libraries that know them put them into order.
  @Test func laterMarksStayWhereTheyAre() throws {
    let text = Array("a\u{301}\u{8D3}".utf8)
    let ordered = Array("a\u{8D3}\u{301}".utf8)
    #expect(try Normalizer(form: .nfd).normalize(text) == ordered)
    #expect(try Normalizer(form: .nfd, unicode: UnicodeVersion(11)).normalize(text) == ordered)
    #expect(try Normalizer(form: .nfd, unicode: UnicodeVersion(10)).normalize(text) == text)
    #expect(try Normalizer(form: .nfd, unicode: .tokenizers).normalize(text) == text)
    let strips = Normalizer(steps: [.stripAccents], unicode: .tokenizers)
    #expect(try strips.normalize(text) == Array("a\u{8D3}".utf8))
    // The first two were marks until 12.0, the last is one since 11.0.
    let changed = Array("\u{1CF2}\u{1CF3}\u{111C9}".utf8)
    #expect(try strips.normalize(changed) == Array("\u{111C9}".utf8))
    #expect(
      try Normalizer(steps: [.stripAccents]).normalize(changed) == Array("\u{1CF2}\u{1CF3}".utf8))
  }

  /// A long run of marks goes another way.
  @Test func longRunsOfMarksToo() throws {
    let marks = String(repeating: "\u{301}", count: 100)
    let text = Array("a\(marks)\u{8D3}\u{323}".utf8)
    let old = try Normalizer(form: .nfd, unicode: .tokenizers).normalize(text)
    #expect(old == text)
    let new = try Normalizer(form: .nfd).normalize(text)
    #expect(new == Array("a\u{8D3}\u{323}\(marks)".utf8))
  }

  @Test func filesOfTheLibraryMeanItsVersion() throws {
    let tokenizer = try Fixture.tokenizer("nfc")
    #expect(tokenizer.normalizer.unicode == .tokenizers)
    #expect(tokenizer.normalizer.icu == nil)
    #expect(tokenizer.normalizer.unicodeDifference == nil)
  }

  @Test func whatIsTrainedNamesItsVersions() throws {
    var trainer = try BytePairTrainer(
      BytePairTrainer.Options(vocabularySize: 300, normalizer: Normalizer(form: .nfc)))
    try trainer.append(Array("the cat".utf8))
    let bytes = try trainer.train().serialized()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains(#""unicode_version": "\#(ICUVersion.unicode)""#))
    #expect(text.contains(#""icu_version": "\#(ICUVersion.library)""#))
    let again = try TokenizerFile.parse(bytes, path: "x.json")
    #expect(again.normalizer == Normalizer(form: .nfc))
    #expect(again.normalizer.unicodeDifference == nil)
    #expect(again.serialized() == bytes)
  }

  @Test func anotherVersionIsSaid() throws {
    let newer = try tokenizer(#", "unicode_version": "99.0", "icu_version": "123.4""#)
    let difference = try #require(newer.normalizer.unicodeDifference)
    #expect(difference.isLossy)
    #expect(difference.description.contains("ICU 123.4 for Unicode 99.0"))
    #expect(difference.description.contains("ids can differ"))
    let older = try tokenizer(#", "unicode_version": "9.0", "icu_version": "58.1""#)
    let harmless = try #require(older.normalizer.unicodeDifference)
    #expect(!harmless.isLossy)
    #expect(harmless.description.contains("normalised as there, by Unicode 9.0"))
    // What was read is written again, so that its fingerprint stays.
    let again = try TokenizerFile.parse(newer.serialized(), path: "x.json")
    #expect(again.normalizer == newer.normalizer)
  }

  @Test func itCanBeAskedFor() throws {
    let bytes = try Fixture.bytes("bpe-nfc.json")
    let tokenizer = try TokenizerFile.parse(bytes, path: "x.json", unicode: .icu)
    #expect(tokenizer.normalizer == Normalizer(form: .nfc))
  }

  @Test(arguments: [#""x""#, #""9""#, #""9.0.0""#, #""+9.0""#, #""999.0""#, "9.0", "[]"])
  func versionsMayBeWrong(_ version: String) throws {
    #expect(throws: TokenizerError.self) { try tokenizer(#", "unicode_version": \#(version)"#) }
  }

  @Test func versionsAreInOrder() {
    #expect(UnicodeVersion(9) < UnicodeVersion(15, 1))
    #expect(UnicodeVersion("15.1") == UnicodeVersion(15, 1))
    #expect(UnicodeVersion("15.1")?.description == "15.1")
  }
}
