/// Shapes with names.
public enum ModelPreset: String, CaseIterable, Sendable {
  /// For trying things out: seconds to minutes on a laptop.
  case nano
  /// For a book on a laptop: minutes to an hour.
  case tiny
  /// Half of the depth of `base`.
  case small
  /// CRATE-GPT-Base (arXiv:2311.13110, table of configurations).
  case base
  /// CRATE-GPT-Large (arXiv:2311.13110, table of configurations).
  case large

  /// The number of layers.
  public var depth: Int { shape.depth }
  /// The width of a token's vector.
  public var width: Int { shape.width }
  /// The number of subspaces.
  public var headCount: Int { shape.heads }
  /// The most tokens seen at once.
  public var contextLength: Int { shape.context }

  private var shape: (depth: Int, width: Int, heads: Int, context: Int) {
    switch self {
    case .nano: (4, 128, 4, 128)
    case .tiny: (6, 256, 8, 256)
    case .small: (6, 768, 12, 1024)
    case .base: (12, 768, 12, 1024)
    case .large: (36, 1280, 20, 1024)
    }
  }
}
