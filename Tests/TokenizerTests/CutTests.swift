import Testing
import Tokenizer

/// A cut of a text leaves its tokens alone, whatever follows the part that was looked at.
@Suite struct CutTests {
  /// Words, line ends of every kind, marks and the parts of added tokens.
  private static let parts = [
    "New", " ", "York", "New York", " New York ", "new  york", "\n", "\r\n", "\r", "\t", "/", "!",
    "。", "é", "e\u{301}", "\u{301}", "\u{3000}", "\u{A0}", "12", "3", "'s", "zz", "Σ", "<|end|>",
    "<|end of text|>", "\n\n", "tail ", " head",
    "caf", " noir", "noir", "new york", "plain words to look ahead", "plain words to look back",
    "and so they went on and on until the end of the long road that leads to the lake",
  ]

  /// The added tokens, spelled as in JSON, with the flag that each has.
  private static let addedTokens: [(content: String, flag: String)] = [
    ("New York", ""), ("a b", ""), ("tail ", ""), (" head", ""), ("zz", "rstrip"),
    ("<|end|>", "lstrip"), ("12", "single_word"), ("new york", "normalized"),
    ("caf\u{E9} noir", "normalized"), ("york", "normalized"), (#"\r\n\r"#, ""),
    ("<|end of text|>", "special"),
  ]

  private static func spelled(_ bytes: [UInt8]) -> String {
    // The bytes that byte-level vocabularies show as their own letters.
    let shown = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF] as [ClosedRange<UInt8>]
    return bytes.map { byte in
      let isShown = shown.contains { $0.contains(byte) }
      let shift = (0..<byte).count { other in !shown.contains { $0.contains(other) } }
      return #"\u"# + hex(isShown ? UInt32(byte) : 256 + UInt32(shift))
    }.joined()
  }

  /// The JSON of the pre-tokenizer that splits by `pattern`.
  private static func preTokenizer(_ pattern: SplitPattern) -> String {
    func byteLevel(splits: Bool) -> String {
      #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": \#(splits), "#
        + #""trim_offsets": true}"#
    }
    guard pattern != .gpt2 else { return byteLevel(splits: true) }
    return """
      {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "\(escaped(pattern.regularExpression))"},
          "behavior": "Isolated", "invert": false},
        \(byteLevel(splits: false))]}
      """
  }

  /// A `tokenizer.json` over bytes, without merges but one of a line end, that splits by `pattern`.
  private static func tokenizer(
    _ pattern: SplitPattern, _ normalizer: String, added: Bool
  ) throws -> any TextTokenizer {
    let spellings = (0...255).map { spelled([$0]) } + [spelled([13, 10])]
    let vocabulary = spellings.enumerated().map { id, spelling in #""\#(spelling)": \#(id)"# }
    let tokens = (added ? addedTokens : []).enumerated().map { index, token in
      let flags = ["special", "lstrip", "rstrip", "single_word", "normalized"].map {
        #""\#($0)": \#($0 == token.flag)"#
      }
      return #"{"id": \#(257 + index), "content": "\#(token.content)", "#
        + flags.joined(separator: ", ") + "}"
    }
    let json = """
      {"version": "1.0", "truncation": null, "padding": null,
      "added_tokens": [\(tokens.joined(separator: ", "))],
      "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer(pattern)), "post_processor": null,
      "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "dropout": null, "unk_token": null, "fuse_unk": false,
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "byte_fallback": false,
        "ignore_merges": false, "vocab": {\(vocabulary.joined(separator: ", "))},
        "merges": [["\(spelled([13]))", "\(spelled([10]))"]]}}
      """
    return try TokenizerFile.parse(Array(json.utf8), path: "x.json")
  }

  private static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  private static func escaped(_ text: String) -> String {
    text.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", String($0)] : [String($0)] }.joined()
  }

  private static let normalizers = [
    "null", "{\"type\": \"NFC\"}", "{\"type\": \"NFKC\"}", "{\"type\": \"Lowercase\"}",
  ]

  /// The ids of a text are those of its beginning and of its rest, wherever a cut is known.
  @Test(arguments: SplitPattern.allCases, normalizers)
  func byteLevel(_ pattern: SplitPattern, _ normalizer: String) throws {
    for added in [false, true] {
      try check(Self.tokenizer(pattern, normalizer, added: added), least: 500)
    }
  }

  @Test(arguments: WordPieceFixture.names) func wordPiece(_ name: String) throws {
    try check(WordPieceFixture.tokenizer(name), least: 500)
  }

  private func check(_ tokenizer: any TextTokenizer, least: Int) throws {
    var generator = SeededGenerator(seed: 7)
    var cuts = 0
    for _ in 0..<3000 {
      let words = (0..<Int.random(in: 1...40, using: &generator)).compactMap { _ in
        Self.parts.randomElement(using: &generator)
      }
      let seen = Int.random(in: 0...words.count, using: &generator)
      let text = Array(words.joined().utf8)
      let known = Array(words[..<seen].joined().utf8)
      guard let cut = tokenizer.lastCut(in: known.span, after: 0) else { continue }
      cuts += 1
      let parts = try tokenizer.encode(Array(text[..<cut])) + tokenizer.encode(Array(text[cut...]))
      #expect(try tokenizer.encode(text) == parts, "\(words) cut at \(cut)")
    }
    #expect(cuts > least)
  }
}
