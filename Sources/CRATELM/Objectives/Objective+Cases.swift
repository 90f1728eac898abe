extension Objective: CaseIterable, RawRepresentable, Codable {
  /// All objectives: the one list of them.
  public static let allCases = [causal, masked]

  /// The objective of this name.
  public init?(rawValue: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = found
  }
}

/// What examples are made for.
public enum ExampleUse: Sendable {
  /// For training, where `seed` decides what is hidden.
  case training(MaskingConfiguration, seed: UInt64)
  /// For validation: the same in every run, and hidden at the published rate without regard to
  /// words, so that losses are comparable.
  case validation
}

extension ModelConfiguration {
  /// What a model of this shape learns from.
  ///
  /// - Parameters:
  ///   - use: what the examples are for.
  ///   - vocabulary: what a masked model's tokenizer says about its ids.
  ///   - contextLength: the most tokens of a sequence; `nil` for the model's.
  /// - Returns: the windows of a stream and what is predicted in them.
  /// - Throws: ``ConfigurationError`` for a masked model without its vocabulary, or a context
  ///   without room for a token.
  public func examples(
    for use: ExampleUse, vocabulary: MaskingVocabulary?, contextLength: Int? = nil
  ) throws(ConfigurationError) -> any Examples {
    let contextLength = contextLength ?? self.contextLength
    try objective.requireRoom(in: contextLength)
    switch objective.examples {
    case .successors: return Successors(contextLength: contextLength)
    case .hiddenTokens:
      guard let vocabulary, vocabulary.vocabularySize == vocabularySize else {
        throw ConfigurationError(
          """
          A \(objective) model needs the masking vocabulary of its \(vocabularySize) ids; found \
          \(vocabulary.map { "one of \($0.vocabularySize)" } ?? "none").
          """)
      }
      return HiddenTokens(
        contextLength: contextLength, masking: TokenMasking(vocabulary, for: use))
    }
  }
}
