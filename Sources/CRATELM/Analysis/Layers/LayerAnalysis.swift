/// Measures of every layer of a model on a text; `docs/analysis.md` defines each.
public struct LayerAnalysis: Hashable, Sendable {
  /// The layers, the first one first.
  public let layers: [LayerMeasures]
  /// The number of sequences.
  public let sequences: Int
  /// The tokens of each sequence.
  public let sequenceLength: Int
  /// ε of coding rates.
  public let epsilon: Double
  /// λ of the sparse rate reduction; `nil` for an architecture without it.
  public let sparsityPenalty: Double?

  /// The published distortion: the released code has 0.01 for ε².
  public static let publishedEpsilon = 0.1
}

/// A mean with the deviation of what it is taken over.
public struct Spread: Hashable, Sendable {
  /// The mean.
  public let mean: Double
  /// The standard deviation of a sample, √(Σ (x − mean)² / (n − 1)); `nil` for a single value.
  public let deviation: Double?

  /// The mean and deviation of `values`; `nil` if there are none.
  public init?(_ values: some Collection<Double>) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }
}

/// A form of the coding rate: the sources disagree on what is measured.
public enum RateForm: String, CaseIterable, Hashable, Sendable {
  /// As in the released code: the tokens that attention reads, LayerNorm(Z), and their coordinates
  /// in each subspace, all scaled to length 1.
  case official
  /// The same without that scaling, divided by √d.
  case normalized
  /// As the formula in the papers reads, without a norm, whose gain belongs to the subspaces: Z
  /// itself, scaled by one factor for layer and sequence with which the squared length of tokens
  /// before attention has the mean 1.
  case formula
}

/// A place in a layer.
public enum RatePoint: String, CaseIterable, Hashable, Sendable {
  /// X, the input of the layer.
  case before
  /// X′, behind attention and its residual.
  case after
}

/// Measures of one layer; a measure without meaning for the architecture is `nil`.
///
/// Spreads are over sequences unless they say otherwise.
public struct LayerMeasures: Hashable, Sendable {
  /// A measure at both places in all forms.
  public struct Rates: Hashable, Sendable {
    let values: [RatePoint: [RateForm: Spread]]

    /// The measure at `point` in `form`.
    public subscript(point: RatePoint, form: RateForm) -> Spread? { values[point]?[form] }
  }

  /// A sparse code on the text.
  public struct Code: Hashable, Sendable {
    /// The share of numbers that are not exactly zero.
    public let nonzeroFraction: Spread
    /// (√m − ‖z‖₁/‖z‖₂) / (√m − 1), the mean over tokens with a code: 0 for equal numbers, 1 for a
    /// single one (Hoyer 2004).
    public let hoyer: Spread?
    /// The share of units that are zero for every token.
    public let dead: Double
    /// The share of units that are positive for more than half of the tokens.
    public let alwaysOn: Double
  }

  /// The subspaces of the heads.
  public struct Subspaces: Hashable, Sendable {
    /// ‖Q_h·Q_hʹᵀ‖²/p of two orthonormal bases, over pairs of heads: 1 for one subspace, 0 for
    /// orthogonal ones; `nil` for one head.
    public let overlap: Spread?
    /// p/d, the mean overlap of random subspaces.
    public let randomOverlap: Double
    /// exp(−Σ l log l) of the eigenvalues l of WᵀW/tr(WᵀW) on all tokens, over heads (Roy and
    /// Vetterli 2007); `nil` where all coordinates are zero.
    public let effectiveRank: Spread?
  }

  /// The dictionary of ISTA.
  public struct Dictionary: Hashable, Sendable {
    /// |cos| between two atoms, over pairs of atoms.
    public let coherence: Spread
    /// The largest of them.
    public let largestCoherence: Double
    /// Welch's bound √((m − d)/(d(m − 1))), below which no dictionary has its largest coherence.
    public let welchBound: Double
    /// η·σ_max(D)², below 2 if the steps of ISTA converge.
    public let stepStability: Double
  }

  /// R, the coding rate of the whole.
  public let codingRate: Rates
  /// R^c, the coding rate in the subspaces.
  public let subspaceRate: Rates?
  /// R − R^c.
  public let rateReduction: Rates?
  /// R − R^c − λ·‖z‖₀ per token, X′ and the layer's code, in each form.
  public let sparseRateReduction: [RateForm: Spread]?
  /// The sparse code.
  public let code: Code?
  /// The subspaces.
  public let subspaces: Subspaces?
  /// The dictionary.
  public let dictionary: Dictionary?
  /// The entropy −Σ P log P of attention, over heads and queries, in nats.
  public let entropy: Spread?
  /// The share P_tt of attention that a token pays to itself.
  public let selfShare: Spread?
  /// The lengths of tokens, ‖x‖₂.
  public let tokenNorm: [RatePoint: Spread]
}
