/// What a model is trained to do: an attention mask, a frame of sequences, a head and examples.
///
/// Objectives are values, each in a file of its own with the list of all beside them; whoever needs
/// to know how two of them differ asks for a part.
public struct Objective: Hashable, Sendable, CustomStringConvertible {
  /// Its name in options, records and exports.
  public let rawValue: String
  /// What such a model does, a verb phrase for error messages.
  let purpose: String
  /// Which tokens of a sequence a token sees.
  public let attention: AttentionMask
  /// What stands around the text of a sequence.
  public let frame: FrameDesign
  /// What predicts from the outputs of the last layer.
  public let head: HeadDesign
  /// What a model learns from.
  public let examples: ExampleDesign
  /// The shapes in which such models were published.
  let shapes: PublishedShapes

  /// ``rawValue``.
  public var description: String { rawValue }

  /// Refuses a context without room for a token in its frame.
  func requireRoom(in contextLength: Int) throws(ConfigurationError) {
    guard contextLength <= frame.tokenCount else { return }
    throw ConfigurationError(
      """
      The context length is \(contextLength); a \(self) model needs at least \
      \(frame.tokenCount + 1), a token between those that begin and end a sequence.
      """)
  }

  /// Objectives with one name are one.
  public static func == (a: Objective, b: Objective) -> Bool { a.rawValue == b.rawValue }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// Which keys a query sees.
public enum AttentionMask: Sendable {
  /// Itself and the tokens before it: a decoder such as GPT-2.
  case causal
  /// All tokens of the sequence: an encoder such as BERT.
  case bidirectional

  /// The number of keys that the query at `position` sees among `count`.
  func visible(at position: Int, of count: Int) -> Int {
    switch self {
    case .causal: position + 1
    case .bidirectional: count
    }
  }

  /// The keys that a query sees on average among `count`, which are those of its sequence.
  func meanVisible(of count: Double) -> Double {
    switch self {
    case .causal: (count + 1) / 2
    case .bidirectional: count
    }
  }

  /// The tokens at the start of a sequence that are never predicted: the one that nothing precedes,
  /// if each token is predicted from those before it.
  public var unpredictedCount: Int {
    switch self {
    case .causal: 1
    case .bidirectional: 0
    }
  }
}

/// Which special tokens stand around the text of a sequence.
public enum FrameDesign: Sendable {
  /// None.
  case none
  /// One before it and one after it, `[CLS]` and `[SEP]` in BERT.
  case beginningAndEnd

  /// The number of these tokens.
  public var tokenCount: Int {
    switch self {
    case .none: 0
    case .beginningAndEnd: 2
    }
  }
}

/// What stands between the last layer and the losses.
public enum HeadDesign: Sendable {
  /// The product with the token embedding.
  case tied
  /// A dense layer, GELU and a norm before that product, and a bias after it: the head of BERT.
  case transformed
}

/// What is predicted in a sequence of an objective.
public enum ExampleDesign: Sendable {
  /// The successor of every token.
  case successors
  /// Tokens that are hidden.
  case hiddenTokens
}
