import Glibc
import Storage
import SystemPackage
import Testing
import Tokenizer

/// Rank files that are made here.
@Suite struct RankFileTests {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let bytes = (UInt8.min...UInt8.max).map { [$0] }

  private func line(_ token: [UInt8], _ rank: Int) -> [UInt8] {
    var text: [UInt8] = []
    for start in stride(from: 0, to: token.count, by: 3) {
      let group = token[start..<min(start + 3, token.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        text.append(
          index <= group.count ? Self.alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
      }
    }
    return text + Array(" \(rank)\n".utf8)
  }

  private func tokenizer(
    _ lines: [[UInt8]], _ pattern: SplitPattern? = nil
  ) throws -> any TextTokenizer {
    let file = FilePath("/tmp/rank-file-tests-\(UInt64.random(in: 0 ... .max)).tiktoken")
    defer { try? FileSystem.remove(file) }
    try FileContents.write(Array(lines.joined()), to: file)
    return try TokenizerFile.load(file, pattern: pattern)
  }

  /// What `tiktoken_ext/openai_public.py` of tiktoken 0.14.0 has.
  @Test(arguments: [
    (
      "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930", "r50k_base",
      SplitPattern.gpt2, [50_256: "<|endoftext|>"]
    ),
    (
      "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069", "p50k_base",
      .gpt2, [50_256: "<|endoftext|>"]
    ),
    (
      "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", "cl100k_base",
      .cl100k,
      [
        100_257: "<|endoftext|>", 100_258: "<|fim_prefix|>", 100_259: "<|fim_middle|>",
        100_260: "<|fim_suffix|>", 100_276: "<|endofprompt|>",
      ]
    ),
    (
      "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", "o200k_base",
      .o200k, [199_999: "<|endoftext|>", 200_018: "<|endofprompt|>"]
    ),
  ])
  func publishedRanksAreKnown(
    _ digits: String, _ name: String, _ pattern: SplitPattern, _ special: [TokenID: String]
  ) throws {
    let fingerprint = try #require(Fingerprint(rawValue: digits))
    let ranks = try #require(PublishedRanks(fingerprint))
    #expect(ranks.rawValue == name && ranks.pattern == pattern)
    let found = ranks.specialTokens.map { ($0.id, $0.content) }
    #expect(Dictionary(uniqueKeysWithValues: found) == special)
    let other = try #require(Fingerprint(rawValue: String(digits.reversed())))
    #expect(PublishedRanks(other) == nil)
  }

  /// The files in the directory that RANK_FILES names, such as r50k_base.tiktoken: as they are, and
  /// with their lines turned round and ended as on Windows.
  @Test(.enabled(if: unsafe getenv("RANK_FILES") != nil))
  func publishedFilesAreKnown() throws {
    let named = unsafe getenv("RANK_FILES").map { unsafe FilePath(String(cString: $0)) }
    let directory = try #require(named)
    var count = 0
    for ranks in PublishedRanks.allCases {
      let path = directory.appending("\(ranks.rawValue).tiktoken")
      guard FileSystem.kind(of: path) != nil else { continue }
      count += 1
      let lines = try FileContents.read(path).split(separator: 0x0A)
      for lines in [lines.map { $0 + [0x0A] }, lines.reversed().map { $0 + [0x0D, 0x0A] }] {
        let tokenizer = try tokenizer(lines.map(Array.init))
        #expect(tokenizer.specialTokens == ranks.specialTokens)
        let byteLevel = try #require(tokenizer as? ByteLevelBPETokenizer)
        #expect(byteLevel.pattern == ranks.pattern && byteLevel.splitSource == .fingerprint(ranks))
      }
    }
    #expect(count > 0)
  }

  /// Other ranks do not say how text is split, whatever their number.
  @Test(arguments: [50_256, 100_256])
  func otherRanksAsk(_ count: Int) throws {
    let tokens =
      Self.bytes
      + (0..<count - 256).map { [UInt8($0 >> 16), UInt8($0 >> 8 & 0xFF), UInt8($0 & 0xFF)] }
    let lines = tokens.enumerated().map { line($1, $0) }
    let error = #expect(throws: TokenizerError.self) { try tokenizer(lines) }
    guard case .unknownSplit? = error else { throw try #require(error) }
    let given = try #require(try tokenizer(lines, .o200k) as? ByteLevelBPETokenizer)
    #expect(given.pattern == .o200k && given.splitSource == .given(nil))
    #expect(given.specialTokens == [SpecialToken(id: TokenID(count), content: "<|endoftext|>")])
  }

  /// What is written says no more than what was read, and in the order of the ranks.
  @Test func ranksAreWrittenInOrder() throws {
    let lines = (Self.bytes + [[49, 50]]).enumerated().map { line($1, $0 < 200 ? $0 : $0 + 1) }
    let tokenizer = try tokenizer(lines.reversed().map { $0.dropLast() + [0x0D, 0x0A] }, .gpt2)
    #expect(tokenizer.specialTokens.map(\.id) == [258])
    let written = try TokenizerFormat.tiktoken.files(of: tokenizer)[0].content
    #expect(written == Array(lines.joined()))
  }

  @Test func ranksOutOfRangeAreNamed() throws {
    for rank in [-1, 1 << 22] {
      let error = #expect(throws: TokenizerError.self) { try tokenizer([line([33], rank)]) }
      #expect(error?.description.contains("line 1: the rank \(rank) is not between 0 and") == true)
    }
  }

  /// Tokens that a hash by a known multiplier takes for the same: 200,000 would compare each with
  /// all before it.
  @Test(.timeLimit(.minutes(3))) func tokensOfOneHashAreQuick() throws {
    let seed = UInt64(16) &* 0x6A09_E667_F3BC_C909
    let tokens = (0..<UInt64(200_000)).map { number -> [UInt8] in
      let product = (seed ^ number) &* 0x9E37_79B9_7F4A_7C15
      return [number, product ^ product >> 32].flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
    }
    let lines = (Self.bytes + tokens).enumerated().map { line($1, $0) }
    let start = ContinuousClock.now
    #expect(try tokenizer(lines, .gpt2).vocabularySize == 200_257)
    #expect(ContinuousClock.now - start < .seconds(15))
  }
}
