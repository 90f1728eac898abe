/// The published regular expressions by which byte-level families split text before merging.
public enum SplitPattern: String, CaseIterable, Sendable {
  /// That of GPT-2, r50k and p50k (`encoder.py` of openai/gpt-2).
  case gpt2
  /// That of cl100k (openai/tiktoken), of GPT-4 and, with other vocabularies, many models since.
  case cl100k
  /// That of o200k (openai/tiktoken), of GPT-4o.
  case o200k
  /// That of Qwen 1 to 3: cl100k's with each digit by itself.
  case qwen2

  /// How a `tokenizer.json` spells the pattern.
  public var regularExpression: String {
    switch self {
    case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .cl100k: Self.modern(number: #"\p{N}{1,3}"#)
    case .qwen2: Self.modern(number: #"\p{N}"#)
    case .o200k:
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
        + Self.contraction
        + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
        + Self.contraction + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
  }

  private static func modern(number: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

  /// Spellings that split every text as the first ones do.
  ///
  /// tiktoken's own are not among them since they have possessive quantifiers and `$`, by which
  /// the regular expressions of `tokenizers` mean something else.
  private static let synonyms: [(SplitPattern, String)] = [
    (.gpt2, #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#),
    (
      .cl100k,
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
    ),
  ]

  /// The pattern that `regularExpression` spells; `nil` where it is none of these.
  public init?(regularExpression: String) {
    let spellings = Self.allCases.map { ($0, $0.regularExpression) } + Self.synonyms
    let found = spellings.first { $0.1.utf8.elementsEqual(regularExpression.utf8) }
    guard let found else { return nil }
    self = found.0
  }
}
