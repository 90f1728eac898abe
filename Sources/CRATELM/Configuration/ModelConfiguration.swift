import Storage

/// The shape of a model.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// The task of the model.
  public let objective: Objective
  /// The kind of its layers.
  public let architecture: Architecture
  /// The number of layers, L.
  public let depth: Int
  /// The width of a token's vector, d.
  public let width: Int
  /// The number of subspaces (attention heads), K.
  public let headCount: Int
  /// The most tokens the model sees at once, T.
  public let contextLength: Int
  /// The number of token ids, V.
  public let vocabularySize: Int
  /// The step size of ISTA, η.
  public let stepSize: Float
  /// The sparsity penalty of ISTA, λ.
  public let sparsityPenalty: Float
  /// The non-linearity of the transformer's MLP.
  public let activation: Activation
  /// The rows of the position embedding before the first position: 2 in RoBERTa's convention.
  public let positionOffset: Int

  /// The step size and sparsity penalty of every released CRATE language model.
  public static let publishedStepSize: Float = 0.1, publishedSparsityPenalty: Float = 0.1

  /// A validated shape.
  ///
  /// - Parameters:
  ///   - objective: the task of the model.
  ///   - architecture: the kind of its layers.
  ///   - depth: the number of layers.
  ///   - width: the width of a token's vector; a multiple of `headCount`.
  ///   - headCount: the number of subspaces.
  ///   - contextLength: the most tokens seen at once.
  ///   - vocabularySize: the number of token ids.
  ///   - stepSize: η of ISTA.
  ///   - sparsityPenalty: λ of ISTA.
  ///   - activation: the non-linearity of the transformer's MLP; `nil` for GPT-2's or BERT's.
  ///   - positionOffset: the rows of the position embedding before the first position.
  /// - Throws: ``ConfigurationError`` if the numbers do not fit together.
  public init(
    objective: Objective = .causal, architecture: Architecture = .crate, depth: Int, width: Int,
    headCount: Int, contextLength: Int, vocabularySize: Int,
    stepSize: Float = publishedStepSize, sparsityPenalty: Float = publishedSparsityPenalty,
    activation: Activation? = nil, positionOffset: Int = 0
  ) throws(ConfigurationError) {
    for (name, value, limit) in [
      ("depth", depth, 1_000), ("width", width, 65_536), ("number of heads", headCount, 65_536),
      ("context length", contextLength, 1 << 20), ("vocabulary", vocabularySize, 1 << 24),
    ] {
      guard (1...limit).contains(value) else {
        throw ConfigurationError("The \(name) is \(value); expected 1 to \(limit).")
      }
    }
    try objective.requireRoom(in: contextLength)
    guard width.isMultiple(of: headCount) else {
      throw ConfigurationError(
        """
        The width \(width) is not divisible by \(headCount.counting("head")); choose a width that \
        is a multiple of the heads, such as \((width / headCount + 1) * headCount).
        """)
    }
    guard stepSize > 0, stepSize.isFinite, sparsityPenalty >= 0, sparsityPenalty.isFinite else {
      throw ConfigurationError(
        """
        The ISTA step size is \(stepSize) and the sparsity penalty \(sparsityPenalty); expected a \
        positive and a non-negative number.
        """)
    }
    guard (0...1024).contains(positionOffset) else {
      throw ConfigurationError("The position offset is \(positionOffset); expected 0 to 1024.")
    }
    self.objective = objective
    self.architecture = architecture
    self.depth = depth
    self.width = width
    self.headCount = headCount
    self.contextLength = contextLength
    self.vocabularySize = vocabularySize
    self.stepSize = stepSize
    self.sparsityPenalty = sparsityPenalty
    self.activation = activation ?? .published(for: objective.attention)
    self.positionOffset = positionOffset
  }

  /// Reads and validates a stored shape.
  ///
  /// - Parameter decoder: the decoder of the shape.
  /// - Throws: `DecodingError` for a missing or mistyped key, ``ConfigurationError`` for numbers
  ///   that do not fit together.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      objective: values.decode(Objective.self, forKey: .objective),
      architecture: values.decode(Architecture.self, forKey: .architecture),
      depth: values.decode(Int.self, forKey: .depth),
      width: values.decode(Int.self, forKey: .width),
      headCount: values.decode(Int.self, forKey: .headCount),
      contextLength: values.decode(Int.self, forKey: .contextLength),
      vocabularySize: values.decode(Int.self, forKey: .vocabularySize),
      stepSize: values.decode(Float.self, forKey: .stepSize),
      sparsityPenalty: values.decode(Float.self, forKey: .sparsityPenalty),
      activation: values.decodeIfPresent(Activation.self, forKey: .activation),
      positionOffset: values.decodeIfPresent(Int.self, forKey: .positionOffset) ?? 0)
  }

  /// Refuses a model with another objective than `expected`.
  ///
  /// - Throws: ``ConfigurationError``, which names the abilities of both.
  public func require(_ expected: Objective) throws(ConfigurationError) {
    guard objective != expected else { return }
    throw ConfigurationError(
      """
      The model is \(objective) and \(objective.purpose); expected a \
      \(expected) one, which \(expected.purpose).
      """)
  }

  /// The width of one subspace, p = d / K.
  public var headWidth: Int { width / headCount }
}
