import Storage
import SystemPackage
import Testing
import Tokenizer

/// Tokenizers written in one form and read again.
@Suite struct TokenizerFormatTests {
  private static let families = Fixture.directory.removingLastComponent().appending("families")
  private static let byteLevel: [TokenizerFormat] = [.json, .vocabulary, .encoder, .tiktoken]

  /// `tokenizer` written in `format` and read from the directory.
  private func rewritten(
    _ tokenizer: any TextTokenizer, _ format: TokenizerFormat, _ pattern: SplitPattern? = nil
  ) throws -> any TextTokenizer {
    let directory = FilePath("/tmp").appending("format-tests-\(UInt64.random(in: 0 ... .max))")
    defer {
      for name in format.fileNames { try? FileSystem.remove(directory.appending(name)) }
      try? FileSystem.remove(directory)
    }
    try TokenizerFile.write(tokenizer, to: directory, format: format)
    let path = format == .lines ? directory.appending("vocab.txt") : directory
    return try TokenizerFile.load(path, pattern: pattern)
  }

  @Test(arguments: byteLevel, SplitPattern.allCases)
  func byteLevelVocabulariesKeepTheirIDs(
    _ format: TokenizerFormat, _ pattern: SplitPattern
  ) throws {
    let tokenizer = try TokenizerFile.load(
      Self.families.appending("ranks.tiktoken"), pattern: pattern)
    let again = try rewritten(tokenizer, format, pattern)
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<200 {
      let text = SeededCases.text(&generator)
      #expect(try again.encode(text) == tokenizer.encode(text))
    }
    #expect(again.serialized() == tokenizer.serialized())
  }

  @Test func rankFilesAreWrittenAsTheyWere() throws {
    let file = Self.families.appending("ranks.tiktoken")
    let files = try TokenizerFormat.tiktoken.files(of: TokenizerFile.load(file, pattern: .gpt2))
    #expect(files.map(\.content) == [try FileContents.read(file)])
  }

  @Test func mergeListsAreWrittenAsTheyWere() throws {
    let tokenizer = try TokenizerFile.load(Self.families.appending("gpt2.json"))
    let files = try TokenizerFormat.vocabulary.files(of: tokenizer)
    let merges = String(decoding: files[1].content, as: UTF8.self).split(separator: "\n")
    let recorded = String(
      decoding: try FileContents.read(Self.families.appending("merges.txt")), as: UTF8.self)
    #expect(merges.dropFirst() == recorded.split(separator: "\n").dropFirst())
  }

  @Test func linesHoldWordPiece() throws {
    let tokenizer = try WordPieceFixture.tokenizer("cased")
    let again = try rewritten(tokenizer, .lines)
    #expect(try again.encode("The dog isn't 字") == tokenizer.encode("The dog isn't 字"))
    for format in Self.byteLevel where format != .json {
      #expect(throws: TokenizerError.self) { try format.files(of: tokenizer) }
    }
  }

  @Test func whatWouldLoseIDsIsRefused() throws {
    let composed = try Fixture.tokenizer("nfc")
    for format in TokenizerFormat.allCases where format != .json {
      let error = #expect(throws: TokenizerError.self) { try format.files(of: composed) }
      #expect(error?.category == .configuration)
    }
    // The library numbers bytes and tokens as its merges come; here two are exchanged.
    let gpt2 = String(
      decoding: try FileContents.read(Self.families.appending("gpt2.json")), as: UTF8.self)
    let first = try #require(gpt2.split(separator: #""merges": ["#).last)
    let pairs = first.split(separator: "],").prefix(2).map { String($0) + "]," }
    let exchanged = gpt2.split(separator: pairs[0] + pairs[1]).joined(
      separator: pairs[1] + pairs[0])
    let tokenizer = try TokenizerFile.parse(Array(exchanged.utf8), path: "x.json")
    #expect(throws: TokenizerError.self) { try TokenizerFormat.tiktoken.files(of: tokenizer) }
  }

  @Test(arguments: [TokenizerFormat.vocabulary, .encoder])
  func ignoredMergesAreNoMergeList(_ format: TokenizerFormat) throws {
    let text = String(
      decoding: try FileContents.read(Self.families.appending("gpt2.json")), as: UTF8.self
    ).split(separator: #""ignore_merges": false"#).joined(separator: #""ignore_merges": true"#)
    let tokenizer = try TokenizerFile.parse(Array(text.utf8), path: "x.json")
    let error = #expect(throws: TokenizerError.self) { try format.files(of: tokenizer) }
    #expect(error?.description.contains("not merged") == true)
    #expect(try TokenizerFormat.json.files(of: tokenizer).count == 1)
  }

  /// Lines without an upper-case letter are read as uncased, whatever they were.
  @Test func linesKeepTheNormalizer() throws {
    let pieces = ["[UNK]", "a", "##b"]
    let uncased = try WordPieceFixture.tokenizer(pieces: pieces, normalizer: .uncased)
    #expect(try rewritten(uncased, .lines).serialized() == uncased.serialized())
    let cased = try WordPieceFixture.tokenizer(pieces: pieces, normalizer: .cased)
    let error = #expect(throws: TokenizerError.self) { try TokenizerFormat.lines.files(of: cased) }
    #expect(error?.description.contains("normalized") == true)
    #expect(error?.category == .configuration)
  }
}
