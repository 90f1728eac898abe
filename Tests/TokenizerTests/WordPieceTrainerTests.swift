import Storage
import Testing
import Tokenizer

@Suite struct WordPieceTrainerTests {
  private func options(_ name: String) throws -> WordPieceTrainer.Options {
    var options =
      name == "uncased"
      ? WordPieceTrainer.Options(
        vocabularySize: 500, minimumFrequency: 2,
        normalizer: Fixture.inTheLibrary(Normalizer(steps: [.bert(.uncased)])))
      : WordPieceTrainer.Options(
        vocabularySize: 100_000, minimumFrequency: 7,
        normalizer: Normalizer(steps: [.bert(.cased)]))
    // The library's order of the characters is that of a hash table; it is taken over.
    options.continuationOrder = continuations(spellings(try WordPieceFixture.tokenizer(name)))
    return options
  }

  /// The characters that go on in a word, in the order of their ids.
  private func continuations(_ vocabulary: [String?]) -> [Unicode.Scalar] {
    vocabulary.compactMap { token in
      guard let scalars = token?.unicodeScalars, scalars.count == 3 else { return nil }
      return scalars.starts(with: ["#", "#"]) ? scalars.last : nil
    }
  }

  private func spellings(_ tokenizer: WordPieceTokenizer) -> [String?] {
    (0..<TokenID(tokenizer.vocabularySize)).map { tokenizer.spelling(of: $0) }
  }

  @Test(arguments: WordPieceFixture.names)
  func theVocabularyIsThatOfTheReference(_ name: String) throws {
    var trainer = try WordPieceTrainer(options(name))
    try trainer.append(Fixture.corpus())
    let tokenizer = try trainer.train()
    #expect(try spellings(tokenizer) == spellings(WordPieceFixture.tokenizer(name)))
    if name == "uncased" {
      #expect(try tokenizer.serialized() == WordPieceFixture.bytes("uncased.json"))
    }
  }

  /// Vocabularies that the library learned from random texts.
  @Test func tiesAreBrokenAsInTheReference() throws {
    let cases = try #require(try JSONValue.parse(WordPieceFixture.bytes("training.json")).array)
    #expect(cases.count > 50)
    for recorded in cases {
      let text = try #require(recorded.object?["text"]?.string)
      let expected = try #require(recorded.object?["vocabulary"]?.array).map(\.string)
      let size = try #require(recorded.object?["size"]?.integer)
      let frequency = try #require(recorded.object?["frequency"]?.integer)
      let found = try train(text) { options in
        options.vocabularySize = Int(size)
        options.minimumFrequency = Int(frequency)
        options.continuationOrder = continuations(expected)
      }
      #expect(found == expected, "\(text)")
    }
  }

  @Test func neitherChunksNorThreadsMatter() throws {
    let corpus = try Fixture.corpus()
    var options = WordPieceTrainer.Options(vocabularySize: 700, alphabetLimit: 60)
    var whole = try WordPieceTrainer(options)
    try whole.append(corpus)
    let expected = try whole.train().serialized()
    for seed in UInt64(1)...4 {
      var generator = SeededGenerator(seed: seed)
      options.threadCount = Int(seed)
      var trainer = try WordPieceTrainer(options)
      var start = 0
      while start < corpus.count {
        let length = Int.random(in: 0...(seed == 1 ? 3 : 400), using: &generator)
        let end = min(start + length, corpus.count)
        try trainer.append(Array(corpus[start..<end]))
        start = end
      }
      #expect(try trainer.train().serialized() == expected)
    }
  }

  private func train(
    _ text: String, _ change: (inout WordPieceTrainer.Options) -> Void = { _ in }
  ) throws -> [String?] {
    var options = WordPieceTrainer.Options(vocabularySize: 100, specialTokens: ["[UNK]"])
    change(&options)
    var trainer = try WordPieceTrainer(options)
    try trainer.append(Array(text.utf8))
    return try spellings(trainer.train())
  }

  @Test func charactersComeInTheOrderOfTheirCodePoints() throws {
    #expect(try train("ba") == ["[UNK]", "a", "b", "##a", "ba"])
    #expect(try train("cab", { $0.vocabularySize = 6 }) == ["[UNK]", "a", "b", "c", "##a", "##b"])
    let other = try train("cab") { options in
      options.vocabularySize = 6
      options.continuationOrder = ["z", "b"]
    }
    #expect(other == ["[UNK]", "a", "b", "c", "##b", "##a"])
    #expect(try train("a", { $0.initialAlphabet = ["z", "a"] }) == ["[UNK]", "a", "z"])
  }

  @Test func rareCharactersAreLeftOutOfWords() throws {
    // "x" is dropped, and its neighbours meet; the word still goes on in "##a".
    let found = try train("abab xabab bb") { $0.alphabetLimit = 2 }
    #expect(found.starts(with: ["[UNK]", "a", "b", "##a", "##b"]))
    #expect(!found.contains("x"))
    #expect(found.contains("##abab"))
  }

  @Test func frequencyStopsTraining() throws {
    #expect(try train("ab ab ac", { $0.minimumFrequency = 2 }).last == "ab")
    #expect(try train("").count == 1)
  }

  @Test func wordsDoNotCrossDocuments() throws {
    var trainer = try WordPieceTrainer(
      WordPieceTrainer.Options(vocabularySize: 100, specialTokens: ["[UNK]"]))
    for document in ["a", "b"] {
      try trainer.append(Array(document.utf8))
      try trainer.finishDocument()
    }
    #expect(try spellings(trainer.train()) == ["[UNK]", "a", "b"])
  }

  @Test func refusesWhatCannotBe() throws {
    #expect(throws: TokenizerError.missingUnknownToken("[UNK]")) {
      try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 9, specialTokens: ["x"]))
    }
    #expect(throws: TokenizerError.vocabularyTooSmall(requested: 3, minimum: 5)) {
      try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 3))
    }
    #expect(throws: TokenizerError.vocabularyTooSmall(requested: 3, minimum: 4)) {
      try train("ab", { $0.vocabularySize = 3 })
    }
    #expect(throws: TokenizerError.invalidSpecialToken("", reason: "it is empty")) {
      try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 9, specialTokens: [""]))
    }
    var trainer = try WordPieceTrainer(WordPieceTrainer.Options(vocabularySize: 100))
    try trainer.append(Array("some words ".utf8))
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: 12)) {
      try trainer.append([0x20, 0xFF, 0x20])
    }
  }
}
