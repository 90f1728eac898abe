import Storage
import Testing
import Tokenizer

@Suite struct WordPieceEncoderTests {
  /// Ids, offsets and decoded text recorded from Hugging Face's `tokenizers`.
  @Test(arguments: WordPieceFixture.names + ["added"])
  func allIsAsInTheReference(_ name: String) throws {
    let tokenizer = try WordPieceFixture.tokenizer(name)
    let cases = try WordPieceFixture.cases(name)
    #expect(cases.count > 120)
    var encoder = tokenizer.makeEncoder()
    for recorded in cases {
      let text = try #require(recorded["text"]?.string)
      let ids = try #require(self.ids(recorded["ids"]))
      let comment = Comment(rawValue: text.debugDescription)
      #expect(try tokenizer.encode(text) == ids, comment)
      let located = try encoder.encodeWithOffsets(
        Array(text.utf8).span, specialTokens: .treatAsText)
      #expect(located.map(\.id) == ids, comment)
      #expect(offsets(located) == self.ids(recorded["offsets"]), comment)
      if let specialIDs = self.ids(recorded["special_ids"]) {
        let around = try tokenizer.encode(text, specialTokens: .recognize, addSpecialTokens: true)
        #expect(around == specialIDs, comment)
        let places = try encoder.encodeWithOffsets(
          Array(text.utf8).span, specialTokens: .recognize)
        let recordedPlaces = try #require(self.ids(recorded["special_offsets"]))
        let prefix = try #require(tokenizer.postProcessor?.prefix.count)
        let suffix = try #require(tokenizer.postProcessor?.suffix.count)
        #expect(
          offsets(places)[...] == recordedPlaces.dropFirst(2 * prefix).dropLast(2 * suffix),
          comment)
      }
      if let decoded = recorded["decoded"]?.string, let kept = recorded["kept"]?.string {
        #expect(try tokenizer.decode(ids, skipSpecialTokens: true) == Array(decoded.utf8), comment)
        let around = try tokenizer.encode(text, specialTokens: .recognize, addSpecialTokens: true)
        #expect(try tokenizer.decode(around) == Array(kept.utf8), comment)
      }
    }
  }

  private func ids(_ value: JSONValue?) -> [TokenID]? {
    value?.array?.compactMap { $0.integer.map(TokenID.init) }
  }

  private func offsets(_ tokens: [LocatedToken]) -> [TokenID] {
    tokens.flatMap { [TokenID($0.range.lowerBound), TokenID($0.range.upperBound)] }
  }

  private let pieces = [
    "[UNK]", "un", "##aff", "##able", "##a", "a", "ab", "##b", ".", "##.", "字", "##字", "##",
    "9", "##9", "é", "##é",
  ]

  @Test(arguments: [
    ("unaffable", [1, 2, 3]), ("UNAFFABLE", [1, 2, 3]), ("unaffx", [0]), ("una", [1, 4]),
    ("ab", [6]), ("abb", [6, 7]), ("aab", [5, 4, 7]), ("a.b", [5, 8, 0]), ("字字", [10, 10]),
    ("##", [0, 0]), ("é", [0]), ("a\u{301}b", [6]), ("", []), (" \n\t", []), ("a\u{0}b", [6]),
    ("a9\u{200B}9", [5, 14, 14]), ("..", [8, 8]), ("\u{301}", []), ("x a", [0, 5]),
  ])
  func theLongestPieceGoesFirst(_ text: String, _ ids: [TokenID]) throws {
    #expect(try WordPieceFixture.tokenizer(pieces: pieces).encode(text) == ids)
  }

  @Test func wordsMayHaveAHundredScalars() throws {
    let tokenizer = try WordPieceFixture.tokenizer(
      pieces: pieces, normalizer: BertNormalizer(stripsAccents: false))
    for letter in ["a", "é"] {
      let word = String(repeating: letter, count: 100)
      #expect(try tokenizer.encode(word).count == 100)
      #expect(try tokenizer.encode(word + letter) == [0])
      #expect(try tokenizer.encode(word + " " + letter).count == 101)
    }
  }

  @Test func everyWordLengthIsCut() throws {
    // Runs of letters of every length at every distance from the end of the text.
    let tokenizer = try WordPieceFixture.tokenizer(pieces: pieces)
    for count in 1...40 {
      for tail in 0...20 {
        let text = String(repeating: "A", count: count) + String(repeating: " ", count: tail)
        let ids: [TokenID] = [5] + [TokenID](repeating: 4, count: count - 1)
        #expect(try tokenizer.encode(text) == ids)
        #expect(try tokenizer.encode(text + ".") == ids + [8])
      }
    }
  }

  @Test func oneEncoderGivesTheSameIDsAgainAndAgain() throws {
    for name in WordPieceFixture.names {
      let tokenizer = try WordPieceFixture.tokenizer(name)
      var generator = SeededGenerator(seed: 21)
      var encoder = tokenizer.makeEncoder()
      for _ in 0..<1500 {
        let text = Array(SeededCases.text(&generator, count: 200).utf8)
        var ids: [TokenID] = []
        try encoder.encode(text.span, specialTokens: .treatAsText, into: &ids)
        let located = try encoder.encodeWithOffsets(text.span, specialTokens: .treatAsText)
        #expect(ids == located.map(\.id))
        #expect(try ids == tokenizer.encode(text))
        for token in located {
          #expect(token.range.lowerBound < token.range.upperBound)
          #expect(token.range.upperBound <= text.count)
        }
      }
    }
  }

  @Test func refusesWhatIsNotUTF8() throws {
    let tokenizer = try WordPieceFixture.tokenizer("uncased")
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: 2)) {
      try tokenizer.encode([0x61, 0x20, 0xFF])
    }
    #expect(throws: TokenizerError.unknownID(-1, vocabularySize: tokenizer.vocabularySize)) {
      try tokenizer.decode([-1])
    }
  }

  @Test func aMillionLettersTakeNoQuadraticTime() throws {
    let tokenizer = try WordPieceFixture.tokenizer("uncased")
    for text in ["a", "é", "\u{302E}\u{1D165}", "\u{301}\u{302E}", "字", ".", "\u{0}"] {
      let bytes = Array(String(repeating: text, count: 1_000_000 / text.utf8.count).utf8)
      let start = ContinuousClock.now
      _ = try tokenizer.encode(bytes)
      #expect(ContinuousClock.now - start < .seconds(3))
    }
  }

  @Test func streamingGivesTheSpacesToo() throws {
    let tokenizer = try WordPieceFixture.tokenizer(pieces: pieces)
    var decoder = StreamingDecoder(tokenizer)
    let ids: [TokenID] = [1, 2, 3, 8, 6, 7]
    let parts = try ids.map { try decoder.append($0) } + [decoder.finish()]
    #expect(parts.joined() == "unaffable. abb")
    #expect(try tokenizer.decode(ids) == Array("unaffable. abb".utf8))
    #expect(try decoder.append(2) == "##aff")
  }

  @Test func tokensAreFoundByTheirSpelling() throws {
    let tokenizer = try WordPieceFixture.tokenizer(pieces: pieces)
    #expect(tokenizer.id(of: Array("##able".utf8)) == 3)
    #expect(tokenizer.id(of: Array("able".utf8)) == nil)
    #expect(tokenizer.spelling(of: 3) == "##able")
    #expect(tokenizer.bytes(of: 99) == nil)
    #expect(tokenizer.model == .wordPiece)
  }
}
