public import Storage

/// The rank files that openai/tiktoken publishes.
public enum PublishedRanks: String, CaseIterable, Sendable {
  /// The vocabulary of GPT-2 and GPT-3.
  case r50k = "r50k_base"
  /// The one of Codex; p50k_edit has the same ranks.
  case p50k = "p50k_base"
  /// The one of GPT-4.
  case cl100k = "cl100k_base"
  /// The one of GPT-4o; o200k_harmony has the same ranks.
  case o200k = "o200k_base"

  /// The vocabulary whose rank file has the SHA-256 `fingerprint`; `nil` where that is another's.
  public init?(_ fingerprint: Fingerprint) {
    let found = Self.allCases.first { $0.fingerprint == fingerprint.rawValue }
    guard let found else { return nil }
    self = found
  }

  /// The SHA-256 of the file, by `tiktoken_ext/openai_public.py` of tiktoken 0.14.0.
  private var fingerprint: String {
    switch self {
    case .r50k: "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
    case .p50k: "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"
    case .cl100k: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    case .o200k: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    }
  }

  /// How tiktoken splits text for the vocabulary.
  public var pattern: SplitPattern {
    switch self {
    case .r50k, .p50k: .gpt2
    case .cl100k: .cl100k
    case .o200k: .o200k
    }
  }

  /// The special tokens that tiktoken puts beside the ranks.
  public var specialTokens: [SpecialToken] {
    let tokens: [(TokenID, String)] =
      switch self {
      // The ranks of p50k go on behind the id of its special token.
      case .r50k, .p50k: [(50_256, SpecialToken.endOfText)]
      case .cl100k:
        [
          (100_257, SpecialToken.endOfText), (100_258, "<|fim_prefix|>"),
          (100_259, "<|fim_middle|>"), (100_260, "<|fim_suffix|>"), (100_276, "<|endofprompt|>"),
        ]
      case .o200k: [(199_999, SpecialToken.endOfText), (200_018, "<|endofprompt|>")]
      }
    return tokens.map { SpecialToken(id: $0.0, content: $0.1) }
  }
}

/// How it is known by which pattern a byte-level vocabulary splits text.
public enum SplitSource: Hashable, Sendable {
  /// The file says it, or the training that made the vocabulary.
  case stated
  /// The file is in a form of GPT-2, which is read with GPT-2's pattern unless another is given.
  case form
  /// The ranks are those of a published vocabulary.
  case fingerprint(PublishedRanks)
  /// The caller says it, of the ranks of a published vocabulary or of other ones.
  case given(PublishedRanks?)
}
