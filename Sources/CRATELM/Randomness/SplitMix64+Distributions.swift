/// Draws from the usual distributions.
///
/// They use only IEEE additions, products, quotients and square roots, so that a seed gives the
/// same numbers on every machine; the C library's `log` differs between processors in last bits.
extension SplitMix64 {
  /// A number in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniformFloat() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniformDouble() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number in `0 ..< count`, each equally likely.
  ///
  /// Lemire, "Fast random integer generation in an interval", 2019.
  ///
  /// - Precondition: `count` is positive.
  public mutating func integer(below count: Int) -> Int {
    precondition(count > 0, "nothing lies below \(count)")
    let bound = UInt64(count)
    let rejected = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= rejected { return Int(product.high) }
    }
  }

  /// Two independent numbers of the normal distribution with mean 0 and deviation 1.
  ///
  /// Marsaglia's polar method: a point (x, y) drawn in the unit disc, at squared distance s from
  /// the centre, gives x·√(−2·ln s / s) and y·√(−2·ln s / s).
  public mutating func gaussianPair() -> (Double, Double) {
    while true {
      let x = 2 * uniformDouble() - 1
      let y = 2 * uniformDouble() - 1
      let s = x * x + y * y
      guard s > 0, s < 1 else { continue }
      let scale = (-2 * Self.logarithm(s) / s).squareRoot()
      return (x * scale, y * scale)
    }
  }

  /// A number of the normal distribution with mean 0 and deviation 1.
  ///
  /// It drops the second number of a pair, so that `state` is all that a draw changes; use
  /// ``gaussianPair()`` if you need many.
  public mutating func gaussian() -> Double {
    gaussianPair().0
  }

  /// The natural logarithm of a positive, finite, normal number, within 2 units in the last place.
  ///
  /// With x = 2ᵉ·m, m in [√½, √2), and f = (m − 1)/(m + 1): ln x = e·ln 2 + 2·(f + f³/3 + f⁵/5 …).
  /// As f² < 0.0295, the terms up to f²¹ leave an error below 10⁻¹⁷.
  package static func logarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 2.0.squareRoot() {
      m /= 2
      exponent += 1
    }
    let f = (m - 1) / (m + 1)
    let square = f * f
    var series = 0.0
    for power in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / power }
    return exponent * 0.693147180559945309417 + 2 * f * series
  }
}
