/// The task of a model: an attention mask, a frame of sequences, a head and examples.
///
/// An objective is a value in a file of its own, listed in `Objectives/`. Code that depends on the
/// objective reads one of its properties instead of comparing names.
public struct Objective: Hashable, Sendable, CustomStringConvertible {
  /// Its name in options, records and exports.
  public let rawValue: String
  /// The ability of such a model, a verb phrase for error messages.
  let purpose: String
  /// The tokens of a sequence that a token sees.
  public let attention: AttentionMask
  /// The special tokens around the text of a sequence.
  public let frame: FrameDesign
  /// The map from the last layer to the logits.
  public let head: HeadDesign
  /// The predictions that a model learns from.
  public let examples: ExampleDesign
  /// The published shapes of such models.
  let shapes: PublishedShapes

  /// ``rawValue``.
  public var description: String { rawValue }

  /// Refuses a context with no room for a token in its frame.
  func requireRoom(in contextLength: Int) throws(ConfigurationError) {
    guard contextLength <= frame.tokenCount else { return }
    throw ConfigurationError(
      """
      The context length is \(contextLength); a \(self) model needs at least \
      \(frame.tokenCount + 1), a token between those that begin and end a sequence.
      """)
  }

  /// Whether the names are equal.
  public static func == (a: Objective, b: Objective) -> Bool { a.rawValue == b.rawValue }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// The keys that a query sees.
public enum AttentionMask: Sendable {
  /// The token itself and those before it: a decoder such as GPT-2.
  case causal
  /// All tokens of the sequence: an encoder such as BERT.
  case bidirectional

  /// The number of keys that the query at `position` sees among `count`.
  public func visible(at position: Int, of count: Int) -> Int {
    switch self {
    case .causal: position + 1
    case .bidirectional: count
    }
  }

  /// The mean number of keys that a query sees in a sequence of `count` tokens.
  func meanVisible(of count: Double) -> Double {
    switch self {
    case .causal: (count + 1) / 2
    case .bidirectional: count
    }
  }

  /// The number of tokens at the start of a sequence that are never predicted: a causal model has
  /// nothing to predict the first one from.
  public var unpredictedCount: Int {
    switch self {
    case .causal: 1
    case .bidirectional: 0
    }
  }
}

/// The special tokens around the text of a sequence.
public enum FrameDesign: Sendable {
  /// None.
  case none
  /// One before and one after the text, `[CLS]` and `[SEP]` in BERT.
  case beginningAndEnd

  /// The number of these special tokens.
  public var tokenCount: Int {
    switch self {
    case .none: 0
    case .beginningAndEnd: 2
    }
  }
}

/// The map from the last layer to the logits.
public enum HeadDesign: Sendable {
  /// The product with the token embedding.
  case tied
  /// A dense layer, GELU and a norm before that product, and a bias after it: the head of BERT.
  case transformed
}

/// The predictions in a sequence.
public enum ExampleDesign: Sendable {
  /// The successor of every token.
  case successors
  /// The hidden tokens.
  case hiddenTokens
}
