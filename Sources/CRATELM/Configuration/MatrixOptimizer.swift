/// The optimiser of the matrices of the layers; AdamW updates everything else.
public enum MatrixOptimizer: Hashable, Sendable {
  /// The same AdamW.
  case adamW
  /// Muon, with its own constants.
  case muon(MuonConfiguration)

  /// The learning rate after the warm-up, if it is another than AdamW's.
  public var learningRate: Double? {
    switch self {
    case .adamW: nil
    case .muon(let configuration): configuration.learningRate
    }
  }

  /// The iteration of Muon.
  public var orthogonalization: Orthogonalization? {
    switch self {
    case .adamW: nil
    case .muon(let configuration): configuration.orthogonalization
    }
  }

  /// Refuses constants with which no update is possible.
  ///
  /// - Throws: ``ConfigurationError``.
  func validate() throws(ConfigurationError) {
    switch self {
    case .adamW: return
    case .muon(let configuration): try configuration.validate()
    }
  }
}

extension MatrixOptimizer: Codable {
  private enum CodingKeys: CodingKey {
    case muon
  }

  /// Decodes an object whose only key is the optimiser's name; an empty one is AdamW.
  ///
  /// - Parameter decoder: the decoder.
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self =
      try values.decodeIfPresent(MuonConfiguration.self, forKey: .muon).map(Self.muon) ?? .adamW
  }

  /// Encodes the same form.
  ///
  /// - Parameter encoder: the encoder.
  /// - Throws: the encoder's errors.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .adamW: break
    case .muon(let configuration): try values.encode(configuration, forKey: .muon)
    }
  }
}

extension KeyedDecodingContainer {
  /// Decodes the optimiser, AdamW for a record without one.
  func decode(_ type: MatrixOptimizer.Type, forKey key: Key) throws -> MatrixOptimizer {
    try decodeIfPresent(type, forKey: key) ?? .adamW
  }
}

/// The constants of Muon, the same throughout a run.
public struct MuonConfiguration: Codable, Hashable, Sendable {
  /// The largest learning rate α; it follows the schedule of AdamW's.
  public var learningRate = 0.02
  /// μ, the decay of the mean gradient.
  public var momentum: Float = 0.95
  /// The way to orthogonalise an update.
  public var orthogonalization = Orthogonalization.polarExpress

  /// The usual constants.
  public init() {}

  /// Refuses constants with which no update is possible.
  ///
  /// - Throws: ``ConfigurationError``.
  func validate() throws(ConfigurationError) {
    guard learningRate > 0, learningRate <= Self.largestLearningRate else {
      throw ConfigurationError(
        """
        The learning rate of the matrices is \(learningRate); expected a number above 0 and at \
        most \(Self.largestLearningRate).
        """)
    }
    guard (0..<1).contains(momentum) else {
      throw ConfigurationError(
        "The momentum of Muon is \(momentum); expected a number of at least 0 and below 1.")
    }
  }

  /// An update of Muon has singular values near 1 whatever the gradient, so a rate of 1 replaces a
  /// matrix.
  private static let largestLearningRate = 1.0
}
