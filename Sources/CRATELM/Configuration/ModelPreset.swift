/// Shapes with names.
public enum ModelPreset: String, CaseIterable, Sendable {
  /// For trying things out: seconds to minutes on a laptop.
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

  /// The shape that was published for the objective under this name.
  ///
  /// - Parameter objective: what the model is trained to do.
  /// - Returns: the shape.
  public func shape(for objective: Objective) -> Shape {
    switch (self, objective) {
    case (.nano, _): Shape(depth: 4, width: 128, headCount: 4, contextLength: 128)
    case (.tiny, _): Shape(depth: 6, width: 256, headCount: 8, contextLength: 256)
    case (.small, .causal): Shape(depth: 6, width: 768, headCount: 12, contextLength: 1024)
    case (.small, .masked): Shape(depth: 8, width: 512, headCount: 8, contextLength: 512)
    case (.base, .causal): Shape(depth: 12, width: 768, headCount: 12, contextLength: 1024)
    case (.base, .masked): Shape(depth: 12, width: 768, headCount: 12, contextLength: 512)
    case (.large, .causal): Shape(depth: 36, width: 1280, headCount: 20, contextLength: 1024)
    case (.large, .masked): Shape(depth: 24, width: 1024, headCount: 16, contextLength: 512)
    }
  }
}
