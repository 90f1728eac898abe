/// The facts about a tokenizer that the masked objective needs.
public struct MaskingVocabulary: Sendable {
  /// The special tokens of a sequence.
  public struct Roles: Equatable, Sendable {
    /// Replaces a hidden token: `[MASK]` or `<mask>`.
    public var mask: Int32
    /// Begins a sequence: `[CLS]` or `<s>`.
    public var beginning: Int32
    /// Ends a sequence: `[SEP]` or `</s>`.
    public var end: Int32
    /// Fills the row of a short sequence: `[PAD]` or `<pad>`; it changes no result.
    public var padding: Int32

    /// The four ids; all but `mask` may be equal.
    public init(mask: Int32, beginning: Int32, end: Int32, padding: Int32) {
      (self.mask, self.beginning, self.end, self.padding) = (mask, beginning, end, padding)
    }
  }

  /// The special tokens of a sequence.
  public let roles: Roles
  /// The ids that may be hidden, or replace hidden ones, ascending.
  public let ordinary: [Int32]

  private let isOrdinary: [Bool]
  private let continues: [Bool]

  /// The vocabulary of the ids `0 ..< vocabularySize`.
  ///
  /// - Parameters:
  ///   - vocabularySize: the number of ids.
  ///   - roles: the special tokens of a sequence.
  ///   - special: the ids that are never hidden; those of `roles` never are.
  ///   - unused: the ids without a token.
  ///   - continuing: the ids of pieces that continue a word.
  /// - Throws: ``ConfigurationError`` if no id may be hidden, or one is beyond the vocabulary.
  public init(
    vocabularySize: Int, roles: Roles, special: [Int32], unused: [Int32], continuing: [Int32]
  ) throws(ConfigurationError) {
    self.roles = roles
    let notHidden = special + unused + [roles.mask, roles.beginning, roles.end, roles.padding]
    let ids = 0..<Int32(vocabularySize)
    if let stray = (notHidden + continuing).first(where: { !ids.contains($0) }) {
      throw ConfigurationError(
        "There is no token with the id \(stray); the vocabulary ends at \(vocabularySize - 1).")
    }
    var isOrdinary = [Bool](repeating: true, count: vocabularySize)
    for id in notHidden {
      isOrdinary[Int(id)] = false
    }
    var continues = [Bool](repeating: false, count: vocabularySize)
    for id in continuing { continues[Int(id)] = true }
    self.isOrdinary = isOrdinary
    self.continues = continues
    ordinary = ids.filter { isOrdinary[Int($0)] }
    guard !ordinary.isEmpty else {
      throw ConfigurationError(
        "The tokenizer has only special tokens; expected some that can be hidden and predicted.")
    }
  }

  /// The number of ids.
  public var vocabularySize: Int { isOrdinary.count }

  /// The special tokens around the text of a sequence.
  public var frame: SequenceFrame {
    SequenceFrame(beginning: roles.beginning, end: roles.end, padding: roles.padding)
  }

  /// Whether `id` is a special token of a sequence.
  public func hasRole(_ id: Int32) -> Bool {
    id == roles.mask || id == roles.beginning || id == roles.end || id == roles.padding
  }

  /// Whether `id` may be hidden.
  public func mayHide(_ id: Int32) -> Bool { isOrdinary[Int(id)] }

  /// Whether `id` is a piece that continues the word before it.
  public func continuesWord(_ id: Int32) -> Bool { continues[Int(id)] }
}
