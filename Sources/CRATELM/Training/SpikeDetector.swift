import Glibc

/// Recognises gradient norms far above their recent range.
///
/// Norms vary by factors, so it keeps mean and deviation of their logarithms, over about the last
/// fifty updates.
public struct SpikeDetector: Codable, Hashable, Sendable {
  /// The weight of the newest norm in mean and variance.
  private static let newestWeight = 0.02
  /// The norms observed before one can be a spike.
  private static let observationsNeeded = 32
  /// The deviations of a spike above the mean; a spike is also at least twice as large as the mean.
  private static let deviations = 6.0, leastExcess = log(2.0)
  /// The most spikes in a row; the next norm begins a new range.
  private static let mostInARow = 8

  private var mean = 0.0
  private var variance = 0.0
  private var observations = 0
  private var inARow = 0

  /// A detector without observations.
  public init() {}

  /// Whether observations can have led to these numbers.
  var isPossible: Bool {
    (0...1 << 48).contains(observations) && (0...Self.mostInARow).contains(inARow)
      && mean.isFinite && variance.isFinite && variance >= 0
  }

  /// Observes the norm of an update.
  ///
  /// - Parameter norm: a finite number; 0 counts as the least normal number.
  /// - Returns: whether it is a spike.
  public mutating func isSpike(_ norm: Double) -> Bool {
    let value = log(max(norm, .leastNormalMagnitude))
    let excess = value - mean
    if observations >= Self.observationsNeeded, inARow < Self.mostInARow,
      excess > max(Self.leastExcess, Self.deviations * variance.squareRoot())
    {
      inARow += 1
      return true
    }
    if inARow == Self.mostInARow {
      self = SpikeDetector()
      return isSpike(norm)
    }
    inARow = 0
    observations += 1
    let weight = max(Self.newestWeight, 1 / Double(observations))
    mean += weight * excess
    variance = (1 - weight) * (variance + weight * excess * excess)
    return false
  }
}
