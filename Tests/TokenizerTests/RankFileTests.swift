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

  private func tokenizer(_ lines: [[UInt8]]) throws -> any TextTokenizer {
    let file = FilePath("/tmp/rank-file-tests-\(UInt64.random(in: 0 ... .max)).tiktoken")
    defer { try? FileSystem.remove(file) }
    try FileContents.write(Array(lines.joined()), to: file)
    return try TokenizerFile.load(file)
  }

  /// tiktoken's p50k_base has 50,281 ids, and <|endoftext|> at 50256 among its ranks.
  @Test func p50kHasItsSpecialTokenAmongTheRanks() throws {
    let pairs = (0..<50_024).map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let tokens = Self.bytes + pairs
    let lines = tokens.enumerated().map { line($1, $0 < 50_256 ? $0 : $0 + 1) }
    let tokenizer = try tokenizer(lines)
    #expect(tokenizer.vocabularySize == 50_281)
    #expect(tokenizer.specialTokens.map(\.id) == [50_256])
    #expect(tokenizer.specialTokens.map(\.content) == ["<|endoftext|>"])
    #expect(try TokenizerFormat.tiktoken.files(of: tokenizer)[0].content == Array(lines.joined()))
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
    #expect(try tokenizer(lines).vocabularySize == 200_257)
    #expect(ContinuousClock.now - start < .seconds(15))
  }
}
