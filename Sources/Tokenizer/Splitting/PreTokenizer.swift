/// How text is taken apart before a model makes tokens of it, and what is done to it then, as the
/// `pre_tokenizer` of a `tokenizer.json` says.
public indirect enum PreTokenizer: Hashable, Sendable {
  /// Every byte becomes the character that stands for it, after a space was put before what begins
  /// with none and text was split by GPT-2's pattern, if so asked.
  case byteLevel(ByteLevelSplit)
  /// White space taken out, and punctuation by itself.
  case bert
  /// Words and runs of other characters; white space taken out.
  case whitespace
  /// White space taken out.
  case whitespaceSplit
  /// Split at punctuation.
  case punctuation(SplitBehavior)
  /// Split at numbers: each by itself, or runs of them.
  case digits(individual: Bool)
  /// A character taken out.
  case delimiter(Unicode.Scalar)
  /// A visible character in place of spaces, and perhaps before a text.
  case metaspace(Metaspace)
  /// Split where the script of writing changes.
  case unicodeScripts
  /// So many characters at a time.
  case fixedLength(Int)
  /// Split at the matches of a pattern.
  case split(PatternSplit)
  /// One after the other.
  case sequence([PreTokenizer])
}

/// What is asked of the pre-tokenizer `ByteLevel`.
public struct ByteLevelSplit: Hashable, Sendable {
  /// Whether a space is put before text that begins with none.
  public var addsPrefixSpace: Bool
  /// Whether places of tokens lose their white space, which only a post-processor looks at.
  public var trimsOffsets: Bool
  /// Whether text is split by GPT-2's pattern.
  public var splits: Bool

  /// Without arguments, GPT-2's.
  public init(addsPrefixSpace: Bool = false, trimsOffsets: Bool = true, splits: Bool = true) {
    self.addsPrefixSpace = addsPrefixSpace
    self.trimsOffsets = trimsOffsets
    self.splits = splits
  }
}

/// What becomes of the matches at which text is split.
public enum SplitBehavior: String, Sendable {
  /// They are taken out.
  case removed = "Removed"
  /// Each is a piece.
  case isolated = "Isolated"
  /// Each goes to the piece before it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// Each goes to the piece behind it.
  case mergedWithNext = "MergedWithNext"
  /// Those that adjoin are one piece.
  case contiguous = "Contiguous"
}

/// A split at the matches of a pattern, or at what is between them.
public struct PatternSplit: Hashable, Sendable {
  /// What is looked for.
  public let pattern: TextPattern
  /// What becomes of the matches.
  public let behavior: SplitBehavior
  /// Whether what is between the matches counts as the matches.
  public let isInverted: Bool

  /// A split at the matches of `pattern`.
  public init(
    _ pattern: TextPattern, behavior: SplitBehavior = .isolated, isInverted: Bool = false
  ) {
    self.pattern = pattern
    self.behavior = behavior
    self.isInverted = isInverted
  }
}

/// Spaces as a visible character, as sentencepiece has it.
public struct Metaspace: Hashable, Sendable {
  /// Where the character is put before text that does not begin with it.
  public enum Prefix: String, Sendable {
    /// Before every text between added tokens.
    case always
    /// Before what stands at the very beginning.
    case first
    /// Nowhere.
    case never
  }

  /// What stands for a space.
  public let replacement: Unicode.Scalar
  /// Where it is put before a text.
  public let prefix: Prefix
  /// Whether text is split before it.
  public let splits: Bool

  /// Without arguments, sentencepiece's.
  public init(
    replacement: Unicode.Scalar = "\u{2581}", prefix: Prefix = .always, splits: Bool = true
  ) {
    self.replacement = replacement
    self.prefix = prefix
    self.splits = splits
  }
}
