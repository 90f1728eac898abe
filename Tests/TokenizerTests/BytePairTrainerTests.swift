import Testing
import Tokenizer

@Suite struct BytePairTrainerTests {
  static let specialTokens = ["<|endoftext|>", "<|pad|>"]

  private static let options: [String: BytePairTrainer.Options] = [
    "none": BytePairTrainer.Options(vocabularySize: 700, specialTokens: specialTokens),
    "nfc": BytePairTrainer.Options(
      vocabularySize: 500, specialTokens: specialTokens,
      normalizer: Fixture.inTheLibrary(Normalizer(form: .nfc))),
    "uncased": BytePairTrainer.Options(
      vocabularySize: 100_000, minimumFrequency: 3, specialTokens: specialTokens,
      normalizer: Fixture.inTheLibrary(
        Normalizer(form: .none, lowercase: true, stripAccents: true))),
  ]

  /// The files were written by Hugging Face's `tokenizers`: same ids, same merges, same bytes.
  @Test(arguments: Fixture.tokenizerNames)
  func theFileIsThatOfTheReference(_ name: String) throws {
    var trainer = try BytePairTrainer(#require(Self.options[name]))
    try trainer.append(Fixture.corpus())
    let tokenizer = try trainer.train()
    #expect(try tokenizer.serialized() == Fixture.bytes("bpe-\(name).json"))
  }

  @Test(arguments: Fixture.tokenizerNames)
  func chunksDoNotMatter(_ name: String) throws {
    let corpus = try Fixture.corpus()
    for seed in UInt64(1)...4 {
      var generator = SeededGenerator(seed: seed)
      var trainer = try BytePairTrainer(#require(Self.options[name]))
      var start = 0
      while start < corpus.count {
        let length = Int.random(in: 0...(seed == 1 ? 3 : 400), using: &generator)
        let end = min(start + length, corpus.count)
        try trainer.append(Array(corpus[start..<end]))
        start = end
      }
      #expect(try trainer.train().serialized() == Fixture.bytes("bpe-\(name).json"))
    }
  }

  @Test func chunksOfHostileTextDoNotMatter() throws {
    for form in NormalizationForm.allCases {
      let normalizer = Normalizer(form: form, stripAccents: form == .nfkc)
      let options = BytePairTrainer.Options(vocabularySize: 2000, normalizer: normalizer)
      var generator = SeededGenerator(seed: 5)
      var (whole, cut) = (try BytePairTrainer(options), try BytePairTrainer(options))
      for _ in 0..<40 {
        let text = Array(SeededCases.text(&generator, count: 400).utf8)
        try whole.append(text)
        try whole.finishDocument()
        for index in text.indices { try cut.append([text[index]]) }
        try cut.finishDocument()
      }
      #expect(whole.distinctWordCount == cut.distinctWordCount)
      #expect(try whole.train().serialized() == cut.train().serialized())
    }
  }

  @Test func wordsDoNotCrossDocuments() throws {
    func train(_ documents: [String]) throws -> ByteLevelBPETokenizer {
      var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300))
      for document in documents {
        try trainer.append(Array(document.utf8))
        try trainer.finishDocument()
      }
      return try trainer.train()
    }
    #expect(try train(["ab", "ab"]).merges.count == 1)
    #expect(try train(["a", "b", "a", "b"]).merges.isEmpty)
  }

  @Test func aMergeMayFormASpecialToken() throws {
    let options = BytePairTrainer.Options(vocabularySize: 262, specialTokens: ["abab", "é"])
    #expect(throws: TokenizerError.self) { try BytePairTrainer(options) }
    var trainer = try BytePairTrainer(
      BytePairTrainer.Options(vocabularySize: 262, specialTokens: ["abab", "é x"]))
    try trainer.append(Array("ababab ababab".utf8))
    let tokenizer = try trainer.train()
    #expect(tokenizer.merges.contains { $0.result == 0 })
    let parsed = try TokenizerFile.parse(tokenizer.serialized(), path: "test")
    #expect(parsed.serialized() == tokenizer.serialized())
  }

  @Test func theVocabularyMayStaySmaller() throws {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 5000))
    try trainer.append(Array("abc abc abc".utf8))
    var reported = 0
    let tokenizer = try trainer.train { progress in
      if case .merged(let merges, let limit) = progress {
        reported = merges
        #expect(limit == 5000 - 257)
      }
    }
    // "ab", "abc", " abc".
    #expect(tokenizer.vocabularySize == 260)
    #expect(reported == 3)
  }

  @Test func noTextGivesBytesAlone() throws {
    let tokenizer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300)).train()
    #expect(tokenizer.vocabularySize == 257)
    #expect(tokenizer.endOfText == 0)
    #expect(try tokenizer.encode("!~").count == 2)
  }

  @Test func refusesWhatCannotBe() {
    func error(_ size: Int, _ specialTokens: [String]) -> TokenizerError? {
      let options = BytePairTrainer.Options(vocabularySize: size, specialTokens: specialTokens)
      do throws(TokenizerError) { _ = try BytePairTrainer(options) } catch { return error }
      return nil
    }
    #expect(error(257, ["<|endoftext|>"]) == nil)
    #expect(error(256, ["<|endoftext|>"]) == .vocabularyTooSmall(requested: 256, minimum: 257))
    #expect(error(-1, []) == .vocabularyTooSmall(requested: -1, minimum: 256))
    #expect(error(.max, []) == .vocabularyTooLarge(requested: .max, maximum: 1 << 22))
    for content in ["", "a", "é", "·Ġ"] {
      guard case .invalidSpecialToken(content, _) = error(500, [content]) else {
        Issue.record("\(content.debugDescription) was taken")
        continue
      }
    }
  }

  @Test func namesThePlaceOfWhatIsNotUTF8() throws {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300))
    try trainer.append(Array("some words here".utf8))
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: 16)) {
      try trainer.append([0x20, 0xFF, 0x20])
    }
    var cut = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300))
    try cut.append([0x61, 0xE2, 0x82])
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: 1)) { try cut.finishDocument() }
  }

  /// In quadratic time this would take hours.
  @Test(.timeLimit(.minutes(3))) func longRunsAreLearned() throws {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 300))
    try trainer.append([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
    let tokenizer = try trainer.train()
    #expect(tokenizer.merges.count > 15)
  }
}
