import Storage
import SystemPackage
import Testing
import Tokenizer

/// Byte-level families and the forms in which they are published.
@Suite struct FamilyTests {
  private static let directory = Fixture.directory.removingLastComponent().appending("families")

  private func texts() throws -> [String] {
    let recorded = try JSONValue.parse(
      FileContents.read(Self.directory.appending("encodings.json")))
    return try #require(recorded.object?["texts"]?.array).compactMap(\.string)
  }

  /// What the peers recorded under `name`.
  private func ids(_ name: String) throws -> [[TokenID]] {
    let recorded = try JSONValue.parse(
      FileContents.read(Self.directory.appending("encodings.json")))
    return try #require(recorded.object?[name]?.array).map { ids in
      (ids.array ?? []).compactMap { $0.integer.map(TokenID.init) }
    }
  }

  private func expectRecorded(_ tokenizer: any TextTokenizer, _ name: String) throws {
    let (texts, recorded) = (try texts(), try ids(name))
    #expect(texts.count == recorded.count && texts.count > 120)
    for (text, ids) in zip(texts, recorded) {
      #expect(try tokenizer.encode(text) == ids, "\(text.debugDescription)")
    }
  }

  /// Ids recorded from `tokenizers`, whose files are also written as they were.
  @Test(arguments: SplitPattern.allCases)
  func idsAreThoseOfTheReference(_ pattern: SplitPattern) throws {
    let file = Self.directory.appending("\(pattern.rawValue).json")
    let tokenizer = try #require(try TokenizerFile.load(file) as? ByteLevelBPETokenizer)
    #expect(tokenizer.pattern == pattern)
    try expectRecorded(tokenizer, pattern.rawValue)
    #expect(try tokenizer.serialized() == FileContents.read(file))
  }

  /// Ids recorded from `tiktoken`.
  @Test(arguments: [SplitPattern.cl100k, .o200k, .qwen2])
  func rankFilesGiveTheIDsOfTiktoken(_ pattern: SplitPattern) throws {
    let tokenizer = try TokenizerFile.load(
      Self.directory.appending("ranks.tiktoken"), pattern: pattern)
    try expectRecorded(tokenizer, pattern == .cl100k ? "cl100k" : "ranks-\(pattern.rawValue)")
    #expect(tokenizer.specialTokens == [SpecialToken(id: 420, content: "<|endoftext|>")])
    let again = try TokenizerFile.parse(tokenizer.serialized(), path: "test")
    #expect(again.serialized() == tokenizer.serialized())
  }

  @Test(arguments: ["vocab.json", "merges.txt"])
  func twoFilesAreOneTokenizer(_ name: String) throws {
    let tokenizer = try TokenizerFile.load(Self.directory.appending(name))
    let whole = try TokenizerFile.load(Self.directory.appending("gpt2.json"))
    #expect(tokenizer.serialized() == whole.serialized())
  }

  @Test(arguments: [
    [("vocab.json", "vocab.json"), ("merges.txt", "merges.txt")],
    [("vocab.json", "encoder.json"), ("merges.txt", "vocab.bpe")],
    [("ranks.tiktoken", "any.tiktoken")],
    [("gpt2.json", "tokenizer.json"), ("ranks.tiktoken", "any.tiktoken")],
  ])
  func directoriesAreTokenizers(_ files: [(String, String)]) throws {
    try withTemporaryDirectory { directory in
      for (source, target) in files {
        try FileContents.write(
          FileContents.read(Self.directory.appending(source)), to: directory.appending(target))
      }
      let expected = try TokenizerFile.load(
        Self.directory.appending(files[0].0), pattern: .gpt2)
      #expect(
        try TokenizerFile.load(directory, pattern: .gpt2).serialized() == expected.serialized())
    }
  }

  @Test(arguments: [
    ("IQ==", "line 1"), ("IQ== x", "line 1"), ("IQ 0", "line 1"), ("I*== 0", "line 1"),
    ("IQ== 0\nIQ== 1", "line 2"), ("IQ== 0\nIg== 0", "line 2"), ("IQ== -1", "line 1"),
    ("IQ== 99999999999", "line 1"), ("IQ== 0", "not every byte"), ("", "not every byte"),
  ])
  func rankFilesMayBeWrong(_ content: String, _ reason: String) throws {
    try withTemporaryDirectory { directory in
      let file = directory.appending("x.tiktoken")
      try FileContents.write(Array(content.utf8), to: file)
      do {
        _ = try TokenizerFile.load(file)
        Issue.record("\(content.debugDescription) was taken")
      } catch let error as TokenizerError {
        #expect(error.description.contains(reason), "\(error)")
      }
    }
  }

  /// A token that no merges make is found where it is a whole piece, if the file says so.
  @Test func mergesMayBeIgnored() throws {
    let file = Self.directory.appending("gpt2.json")
    var text = String(decoding: try FileContents.read(file), as: UTF8.self)
    let parts = text.split(separator: #""vocab": {"#, maxSplits: 1)
    text = parts[0] + #""vocab": {"qqq": 420,"# + parts[1]
    let without = try TokenizerFile.parse(Array(text.utf8), path: "test")
    #expect(try without.encode("qqq") != [420])
    text = text.split(separator: #""ignore_merges": false"#)
      .joined(separator: #""ignore_merges": true"#)
    let with = try TokenizerFile.parse(Array(text.utf8), path: "test")
    #expect(try with.encode("qqq") == [420])
    #expect(try with.encode(" qqq") == without.encode(" qqq"))
    #expect(try with.encode("the end") == without.encode("the end"))
    let again = try TokenizerFile.parse(with.serialized(), path: "test")
    #expect(try again.encode("qqq") == [420])
  }

  /// Cuts at every place around the blocks of 64 bytes that the scanner takes.
  @Test func blocksDoNotMatter() throws {
    let tokenizer = try TokenizerFile.load(Self.directory.appending("gpt2.json"))
    for text in try texts() {
      let expected = try tokenizer.encode(text)
      for count in 1..<70 where count % 7 < 3 {
        let padding = String(repeating: "x", count: count)
        let ids = try tokenizer.encode(padding + "\n" + text)
        if text.unicodeScalars.first?.properties.isWhitespace != true {
          #expect(ids.suffix(expected.count) == expected[...], "\(text.debugDescription)")
        }
      }
    }
  }

  @Test(arguments: SplitPattern.allCases)
  func longPiecesAreRemembered(_ pattern: SplitPattern) throws {
    let tokenizer = try TokenizerFile.load(
      Self.directory.appending("\(pattern.rawValue).json"))
    var encoder = tokenizer.makeEncoder()
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<200 {
      let word = String(
        (0..<Int.random(in: 1...400, using: &generator)).map { _ in
          "abcdeé字".randomElement(using: &generator) ?? "x"
        })
      var first: [TokenID] = []
      var second: [TokenID] = []
      let bytes = Array("\(word) \(word)".utf8)
      try encoder.encode(bytes.span, specialTokens: .treatAsText, into: &first)
      try encoder.encode(bytes.span, specialTokens: .treatAsText, into: &second)
      #expect(first == second)
      #expect(try tokenizer.decode(first) == bytes)
      #expect(try tokenizer.encode("\(word) \(word)") == first)
    }
  }

  /// Training gives the same file whatever the number of threads and the pattern.
  @Test(arguments: SplitPattern.allCases, [1, 2, 5])
  func threadsDoNotMatter(_ pattern: SplitPattern, _ threadCount: Int) throws {
    var options = BytePairTrainer.Options(
      vocabularySize: 420, specialTokens: pattern == .gpt2 ? ["<|endoftext|>"] : [])
    options.pattern = pattern
    options.threadCount = threadCount
    var trainer = try BytePairTrainer(options)
    let corpus = try Fixture.corpus()
    for start in stride(from: 0, to: corpus.count, by: 1000) {
      try trainer.append(Array(corpus[start..<min(start + 1000, corpus.count)]))
    }
    let file = Self.directory.appending("\(pattern.rawValue).json")
    #expect(try trainer.train().serialized() == FileContents.read(file))
  }

  private func withTemporaryDirectory(_ body: (FilePath) throws -> Void) throws {
    let directory = FilePath("/tmp").appending("family-tests-\(UInt64.random(in: 0 ... .max))")
    try FileSystem.createDirectory(directory)
    defer {
      for name in (try? FileSystem.names(in: directory)) ?? [] {
        try? FileSystem.remove(directory.appending(name))
      }
      try? FileSystem.remove(directory)
    }
    try body(directory)
  }
}
