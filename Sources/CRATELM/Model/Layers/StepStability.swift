// swift-format-ignore-file: AlwaysUseLowerCamelCase
// D  dictionary     η  step size     η·σ_max(D)² < 2: the steps of ISTA converge

/// The condition for the convergence of ISTA steps in a dictionary (Beck and Teboulle 2009:
/// η·σ_max(D)² < 2; up to 1 every step descends).
struct StepStability: Sendable {
  /// The bound that training keeps on η·σ_max(D)².
  ///
  /// The estimate is up to a few percent too low. The published initialisations begin at 0.8
  /// (`crate`) and 1.8 (overcomplete).
  static let limit = 1.9
  /// The updates between two checks: at learning rates of a few thousandths the product grows by up
  /// to 0.03 per update.
  static let interval = 2
  /// The growth between two checks: training within the limit may end so far beyond it.
  static let growth = 0.06

  private let dictionary: Slot
  private let vectors: Slot
  private let stepSize: Float

  init(dictionary: Slot, vectors: Slot, stepSize: Float) {
    self.dictionary = dictionary
    self.vectors = vectors
    self.stepSize = stepSize
  }

  /// An estimate of `η·σ_max(D)²` from below; NaN or ∞ if the dictionary holds one.
  func value(_ parameters: Parameters) -> Double {
    Double(stepSize)
      * SpectralNorm.squared(
        parameters.values[dictionary], scratch: parameters.folded[vectors])
  }

  /// Scales the dictionary down to the limit if it lies beyond; leaves NaN and ∞ alone.
  func enforce(_ parameters: Parameters) {
    let value = value(parameters)
    guard value > Self.limit, value.isFinite else { return }
    let factor = Float((Self.limit / value).squareRoot())
    let D = parameters.values[dictionary]
    for row in 0..<D.rows { D[row].scale(by: factor) }
  }
}
