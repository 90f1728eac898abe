public import Storage
public import SystemPackage

/// A data directory that cannot be made or used as requested.
public enum DataError: Error, Equatable, CustomStringConvertible {
  /// The file at the path is not of this program, or of a version with another format.
  case foreign(FilePath, expected: String, found: String)
  /// A file of the data is damaged.
  case damaged(Damage)
  /// The data directory was made with another tokenizer than the one expected.
  case foreignTokenizer(FilePath, expected: Fingerprint, found: Fingerprint)
  /// The data were made with another tokenizer than the model at the path has.
  case foreignToModel(FilePath, model: FilePath, expected: Vocabulary, found: Vocabulary)
  /// Two texts of a mixture were made with different tokenizers.
  case severalTokenizers(FilePath, FilePath)
  /// Two directories that belong together end documents differently, by an id or by none.
  case severalEnds(FilePath, Int32?, FilePath, Int32?)
  /// Two directories to be joined are the same.
  case mergedTwice(FilePath, FilePath)
  /// Two texts of a mixture are the same.
  case repeated(FilePath, FilePath)
  /// The input holds no text at all.
  case noText
  /// A token id outside the vocabulary was to be written.
  case tokenOutOfRange(Int32, vocabularySize: Int)
  /// The text is too small for the requested validation fraction.
  case textTooSmall(tokens: Int, validationFraction: Double)
  /// A setting is out of its range.
  case invalidSetting(String, expected: String, found: String)
  /// The split has no window of the context length.
  case splitTooShort(FilePath, Split, tokens: Int, contextLength: Int)
  /// The sequences of an update hold special tokens only.
  case nothingToPredict(FilePath, step: Int)
  /// A run cannot learn from tokens in memory: it could not resume with them.
  case inMemory

  /// A tokenizer with the number of its ids, or of the model's.
  public struct Vocabulary: Hashable, Sendable, CustomStringConvertible {
    /// The identity of the tokenizer.
    public let tokenizer: Fingerprint
    /// The number of ids.
    public let size: Int

    init(_ tokenizer: Fingerprint, size: Int) { (self.tokenizer, self.size) = (tokenizer, size) }

    /// Both, for messages.
    public var description: String { "\(tokenizer) with \(size.counting("id"))" }
  }

  /// The kind of an error, for a caller that must choose an exit code.
  public enum Kind: Sendable {
    /// The data are corrupt, foreign or empty.
    case data
    /// The settings do not go with the data.
    case configuration
  }

  /// The fault: data or settings.
  public var kind: Kind {
    switch self {
    case .foreign, .damaged, .foreignTokenizer, .foreignToModel, .severalTokenizers,
      .severalEnds, .noText, .tokenOutOfRange:
      .data
    case .textTooSmall, .invalidSetting, .splitTooShort, .nothingToPredict, .inMemory, .repeated,
      .mergedTwice:
      .configuration
    }
  }

  /// One sentence: the path, the expected, the found, the remedy.
  public var description: String {
    switch self {
    case .foreign(let path, let expected, let found):
      "\(path) is not \(expected): found \(found); make one with 'crate-lm data pack'."
    case .damaged(let damage): "\(damage); pack the text again."
    case .foreignTokenizer(let path, let expected, let found):
      "\(path) was packed with tokenizer \(found), expected \(expected); pack the text again."
    case .foreignToModel(let path, let model, let expected, let found):
      "\(path) was packed with the tokenizer \(found), the model at \(model) has \(expected); pack "
        + "the text again with --tokenizer \(model.string.shellWord), or give another model."
    case .severalTokenizers(let first, let second):
      "\(second) was packed with another tokenizer than \(first); pack both with one."
    case .severalEnds(let first, let end, let second, let other):
      "\(second) ends documents with \(Self.name(other)) and \(first) with \(Self.name(end)); pack both "
        + "with one --end-of-document."
    case .mergedTwice(let first, let second):
      "\(first) and \(second) are the same data; give them once."
    case .repeated(let first, let second):
      "\(first) and \(second) are the same data; give them once, with a weight to see them more "
        + "often."
    case .noText:
      "The input holds no text: expected at least one token, found none."
    case .tokenOutOfRange(let id, let vocabularySize):
      "Token id \(id) is not in 0 ..< \(vocabularySize), the tokenizer's vocabulary."
    case .textTooSmall(let tokens, let fraction):
      "The text is too small to split: of \(tokens.counting("token")) nothing is left for a "
        + "validation fraction of \(fraction) or for training; give more text."
    case .invalidSetting(let name, let expected, let found):
      "The \(name) must be \(expected), found \(found)."
    case .splitTooShort(let path, let split, let tokens, let contextLength):
      "The \(split) split of \(path) has \(tokens.counting("token")), too few for a context of "
        + "\(contextLength); choose a shorter context or pack more text."
    case .nothingToPredict(let path, let step):
      "The sequences of step \(step) from \(path) hold special tokens only; choose a larger batch "
        + "or a longer context."
    case .inMemory:
      "The tokens are in memory; expected a data directory, with which a run can go on."
    }
  }

  private static func name(_ end: Int32?) -> String { end.map { "the id \($0)" } ?? "nothing" }

  static func damaged(_ path: FilePath, at bytes: Range<Int>, reason: String) -> DataError {
    .damaged(Damage(path, at: bytes, reason: reason))
  }

  /// Runs `body` and turns `Damage` into ``damaged(_:)``.
  static func owning<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let damage as Damage {
      throw DataError.damaged(damage)
    }
  }
}
