/// The pre-activation of a unit at a token as an exact sum over earlier tokens and units.
public struct UnitAttribution: Hashable, Sendable {
  /// The unit.
  public let address: UnitAddress
  /// The index of the token.
  public let token: Int
  /// Its pre-activation: the code is its positive part, a transformer's hidden unit a non-linear
  /// function of it.
  public let preactivation: Double
  /// The largest terms of the units of the layer before.
  public let contributions: [Contribution]
  /// The sum of all terms of each token that the model saw, special tokens included.
  public let tokens: [Double]
  /// What the list leaves out.
  public let remainder: Remainder
  /// What becomes of the pre-activation if the units of the list are set to zero, one at a time.
  public internal(set) var effects: [Effect] = []

  /// The effect of setting a unit to zero at a token.
  public struct Effect: Hashable, Sendable {
    /// The unit.
    public let address: UnitAddress
    /// The token.
    public let token: Int
    /// The change that the attribution predicts: minus its term.
    public let predicted: Double
    /// The change that the model shows.
    public let real: Double
  }

  /// The same with all indices of tokens moved by `count`, as without the frame of a masked text.
  public func shifted(by count: Int) -> UnitAttribution {
    UnitAttribution(
      address: address, token: token + count, preactivation: preactivation,
      contributions: contributions.map {
        Contribution(source: $0.source, token: $0.token + count, value: $0.value)
      }, tokens: tokens, remainder: remainder,
      effects: effects.map {
        Effect(
          address: $0.address, token: $0.token + count, predicted: $0.predicted, real: $0.real)
      })
  }

  /// The slope of real over predicted effects, by least squares; `nil` for fewer than two.
  public var slope: Double? {
    moments.flatMap { $0.xx > 0 ? $0.xy / $0.xx : nil }
  }

  /// The correlation of real and predicted effects; `nil` for fewer than two.
  public var correlation: Double? {
    moments.flatMap { $0.xx > 0 && $0.yy > 0 ? $0.xy / ($0.xx * $0.yy).squareRoot() : nil }
  }

  /// The sums of squares and products around the means.
  private var moments: (xx: Double, xy: Double, yy: Double)? {
    guard effects.count > 1 else { return nil }
    let count = Double(effects.count)
    let x = effects.reduce(0) { $0 + $1.predicted } / count
    let y = effects.reduce(0) { $0 + $1.real } / count
    return effects.reduce((0, 0, 0)) { sums, effect in
      let (dx, dy) = (effect.predicted - x, effect.real - y)
      return (sums.0 + dx * dx, sums.1 + dx * dy, sums.2 + dy * dy)
    }
  }
}
