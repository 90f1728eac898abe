import Glibc

/// A linear warm-up, then half a cosine down to a fraction of the peak, as in nanoGPT and the
/// training of the CRATE language models.
public struct LearningRateSchedule: Codable, Hashable, Sendable {
  /// The largest learning rate.
  public var peak: Double
  /// The last learning rate as a fraction of the peak.
  public var finalFraction: Double
  /// The steps of the rise from 0.
  public var warmupSteps: Int
  /// The step at which the learning rate reaches its last value, and stays.
  public var totalSteps: Int

  /// A schedule.
  public init(peak: Double, finalFraction: Double, warmupSteps: Int, totalSteps: Int) {
    self.peak = peak
    self.finalFraction = finalFraction
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// The learning rate of update number `step`, counted from 1.
  public func learningRate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step) / Double(warmupSteps) }
    guard step < totalSteps else { return peak * finalFraction }
    let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + cos(.pi * progress)))
  }
}
