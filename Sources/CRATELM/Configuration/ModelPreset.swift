/// Named shapes.
public enum ModelPreset: String, CaseIterable, Sendable {
  /// For first trials: seconds to minutes on a laptop.
  case nano
  /// For a book on a laptop: minutes to an hour.
  case tiny
  /// Causal: the 6 layers of CRATE-LM (arXiv:2410.16443); masked: CRATE-BERT-Medium.
  case small
  /// CRATE-GPT-Base or CRATE-BERT-Base (arXiv:2311.13110, table of configurations).
  case base
  /// CRATE-GPT-Large or CRATE-BERT-Large (arXiv:2311.13110, table of configurations).
  case large

  /// A shape without its vocabulary.
  public struct Shape: Sendable {
    /// The number of layers.
    public let depth: Int
    /// The width of a token's vector.
    public let width: Int
    /// The number of subspaces.
    public let headCount: Int
    /// The most tokens seen at once.
    public let contextLength: Int
  }

  /// The shape of this name for an objective.
  ///
  /// - Parameter objective: the task of the model.
  /// - Returns: the shape; `small` and larger are published ones.
  public func shape(for objective: Objective) -> Shape {
    switch self {
    case .nano: Shape(depth: 4, width: 128, headCount: 4, contextLength: 128)
    case .tiny: Shape(depth: 6, width: 256, headCount: 8, contextLength: 256)
    case .small: objective.shapes.small
    case .base: objective.shapes.base
    case .large: objective.shapes.large
    }
  }
}

/// The published shapes of models of one objective.
struct PublishedShapes: Sendable {
  let small: ModelPreset.Shape
  let base: ModelPreset.Shape
  let large: ModelPreset.Shape
}
