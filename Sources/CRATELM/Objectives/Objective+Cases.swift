import Storage

extension Objective: CaseIterable, RawRepresentable, Codable {
  /// All objectives.
  public static let allCases = [causal, masked]

  /// The objective of this name.
  public init?(rawValue: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = found
  }
}

/// The purpose of examples.
public enum ExampleUse: Sendable {
  /// Training; `seed` decides the hidden tokens.
  case training(MaskingConfiguration, seed: UInt64)
  /// Validation: the same hidden tokens in every run, at the published rate regardless of words, so
  /// that losses are comparable.
  case validation
}

extension ModelConfiguration {
  /// The examples for a model of this shape.
  ///
  /// - Parameters:
  ///   - use: the purpose of the examples.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - contextLength: the most tokens of a sequence; `nil` for the model's context.
  /// - Returns: the windows of a stream and the predictions in them.
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
      guard let vocabulary, vocabulary.vocabularySize <= vocabularySize else {
        throw ConfigurationError(
          """
          A \(objective) model needs the masking vocabulary of its \
          \(vocabularySize.counting("id")); found \
          \(vocabulary.map { "one of \($0.vocabularySize)" } ?? "none").
          """)
      }
      return HiddenTokens(
        contextLength: contextLength, masking: TokenMasking(vocabulary, for: use))
    }
  }
}
