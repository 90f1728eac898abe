/// The kind of layer.
public enum Architecture: String, Codable, CaseIterable, Sendable {
  /// Tied attention and one ISTA step in a complete dictionary (Yu and others 2023,
  /// arXiv:2311.13110).
  case crate
  /// Tied attention and two ISTA steps in a 4 times overcomplete dictionary (Bai and others 2024,
  /// arXiv:2410.16443).
  case crateOvercomplete = "crate-overcomplete"
  /// `crate-overcomplete` with a residual and a second dictionary for decoding (Yang and others
  /// 2024, arXiv:2405.20299).
  case crateAlpha = "crate-alpha"
  /// Tied attention alone, to measure the worth of ISTA.
  case attentionOnly = "attention-only"
  /// The black box for comparison: GPT-2 if causal (Radford and others 2019), BERT if masked.
  case transformer

  /// Whether the second half of a layer is steps of ISTA in a dictionary.
  public var hasISTA: Bool {
    switch self {
    case .crate, .crateOvercomplete, .crateAlpha: true
    case .attentionOnly, .transformer: false
    }
  }
}

/// The non-linearity between the two matrices of a transformer's MLP.
public enum Activation: String, Codable, CaseIterable, Sendable {
  /// x·Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  case gelu
  /// GELU approximated with a hyperbolic tangent, as in GPT-2.
  case geluTanh = "gelu-tanh"
  /// max(0, x).
  case relu

  /// The non-linearity of GPT-2 or BERT.
  static func published(for attention: AttentionMask) -> Activation {
    switch attention {
    case .causal: .geluTanh
    case .bidirectional: .gelu
    }
  }
}
