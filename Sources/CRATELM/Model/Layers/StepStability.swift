// swift-format-ignore-file: AlwaysUseLowerCamelCase
// D  dictionary     η  step size     η·σ_max(D)²  below 2 where the steps of ISTA converge

/// The condition under which the steps of ISTA converge in a dictionary (Beck and Teboulle 2009:
/// η·σ_max(D)² < 2; every step descends up to 1).
struct StepStability: Sendable {
  /// What training keeps the product at or below.
  ///
  /// The estimate is from below by up to a few percent. The published initialisations begin at 0.8
  /// (`crate`) and 1.8 (overcomplete).
  static let limit = 1.9
  /// Updates between two looks at the dictionaries: at learning rates of a few thousandths the
  /// product grows by up to 0.03 an update.
  static let interval = 2

  private let dictionary: Slot
  private let vectors: Slot
  private let stepSize: Float

  init(dictionary: Slot, vectors: Slot, stepSize: Float) {
    self.dictionary = dictionary
    self.vectors = vectors
    self.stepSize = stepSize
  }

  /// `η·σ_max(D)²`, estimated from below.
  func value(_ parameters: Parameters) -> Double {
    Double(stepSize)
      * SpectralNorm.squared(
        parameters.values[dictionary], scratch: parameters.folded[vectors])
  }

  /// Scales the dictionary down to the limit where it lies beyond.
  func enforce(_ parameters: Parameters) {
    let value = value(parameters)
    guard value > Self.limit, value.isFinite else { return }
    let factor = Float((Self.limit / value).squareRoot())
    let D = parameters.values[dictionary]
    for row in 0..<D.rows { D[row].scale(by: factor) }
  }
}
