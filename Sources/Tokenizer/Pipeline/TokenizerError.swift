import Storage

/// A tokenizer that cannot be made, read or applied.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
  /// The file does not hold what a tokenizer file has to; `reason` is a clause.
  case corrupt(path: String, reason: String)
  /// The file asks for something that this program does not do.
  case unsupported(path: String, feature: String)
  /// The file does not say how text is split, and its ranks are of no ``PublishedRanks``.
  case unknownSplit(path: String)
  /// The file says itself how text is split, and not by the pattern that was asked for.
  case otherSplit(path: String, asked: SplitPattern)
  /// The file holds WordPiece, whose text is not split by the pattern that was asked for.
  case splitOfWordPiece(path: String, asked: SplitPattern)
  /// Texts cannot be cut or filled up as a file asks; the reason is a clause.
  case invalidBatchRule(String)
  /// Text that should be encoded is not UTF-8 from `byteOffset` on.
  case invalidUTF8(byteOffset: Int)
  /// A regular expression takes too many steps, or too much memory, over a text.
  case patternTooCostly(pattern: String)
  /// An id that should be decoded has no token.
  case unknownID(TokenID, vocabularySize: Int)
  /// A vocabulary cannot be as small as asked.
  case vocabularyTooSmall(requested: Int, minimum: Int)
  /// A vocabulary cannot be as large as asked.
  case vocabularyTooLarge(requested: Int, maximum: Int)
  /// A special token cannot be written this way; `reason` is a clause.
  case invalidSpecialToken(String, reason: String)
  /// The special tokens lack the one for words without pieces.
  case missingUnknownToken(String)
  /// A vocabulary cannot be written in a format; `reason` is a clause.
  case inexpressible(format: String, reason: String)
  /// The distinct pieces of a corpus have more bytes than training can number.
  case corpusTooLarge(byteCount: Int, maximum: Int)

  /// Whose mistake an error is.
  public enum Category: Sendable {
    /// Something was asked for that cannot be.
    case configuration
    /// A file or a text is not what it should be.
    case data
  }

  /// Whose mistake this is.
  public var category: Category {
    switch self {
    case .corrupt, .unsupported, .invalidUTF8, .patternTooCostly, .unknownID: .data
    case .unknownSplit, .otherSplit, .splitOfWordPiece, .invalidBatchRule, .vocabularyTooSmall,
      .vocabularyTooLarge, .invalidSpecialToken, .missingUnknownToken, .inexpressible,
      .corpusTooLarge:
      .configuration
    }
  }

  /// One sentence: what, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .corrupt(let path, let reason):
      "\(path) is not a tokenizer file: \(reason)."
    case .unsupported(let path, let feature):
      "\(path) asks for \(feature), which crate-lm does not implement."
    case .unknownSplit(let path):
      "\(path) does not say how text is split, and its ranks are not those of "
        + "\(Self.list(PublishedRanks.allCases.map(\.rawValue))); name the split by --family "
        + "\(Self.list(SplitPattern.allCases.map(\.rawValue))), or once and for all by "
        + "'crate-lm tokenizer convert \(path.shellWord) --family \(SplitPattern.cl100k.rawValue) -o "
        + "tokenizer', if that is its split."
    case .otherSplit(let path, let asked):
      "\(path) says itself how text is split, and not by \(asked.rawValue); leave out --family."
    case .splitOfWordPiece(let path, let asked):
      "\(path) is WordPiece, whose text is split as BERT's, not by \(asked.rawValue); leave out "
        + "--family."
    case .invalidBatchRule(let reason):
      "The tokenizer's truncation and padding cannot be done: \(reason)."
    case .invalidUTF8(let offset):
      "The text is not UTF-8: the byte at offset \(offset) does not belong there."
    case .patternTooCostly(let pattern):
      "The tokenizer's pattern \(pattern) takes too long or too much memory over this text; split "
        + "the text into shorter ones."
    case .unknownID(let id, let size):
      "There is no token with the id \(id); the vocabulary ends at \(size - 1)."
    case .vocabularyTooSmall(let requested, let minimum):
      "A vocabulary of \(requested.counting("token")) is too small: the alphabet and the special "
        + "tokens alone take \(minimum)."
    case .vocabularyTooLarge(let requested, let maximum):
      "A vocabulary of \(requested.counting("token")) is too large: the limit is \(maximum)."
    case .invalidSpecialToken(let content, let reason):
      "\"\(content)\" cannot be a special token: \(reason)."
    case .missingUnknownToken(let content):
      "The special tokens have to hold \(content), which stands for words without pieces."
    case .inexpressible(let format, let reason):
      "The vocabulary cannot be written as \(format): \(reason)."
    case .corpusTooLarge(let byteCount, let maximum):
      "The distinct words of the corpus take \(byteCount.counting("byte")), more than the "
        + "\(maximum) that training can hold; train on less text."
    }
  }

  /// `names` as alternatives.
  private static func list(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}
