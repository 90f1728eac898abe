import Glibc

/// The learning rate over the updates: a linear warm-up, then a decay.
public struct LearningRateSchedule: Codable, Hashable, Sendable {
  /// The largest learning rate.
  public var peak: Double
  /// The last learning rate as a fraction of the peak.
  public var finalFraction: Double
  /// The steps of the rise from 0.
  public var warmupSteps: Int
  /// The step at which the decay ends.
  public var totalSteps: Int
  /// The way from the peak to the last learning rate.
  public var decay: LearningRateDecay

  /// A schedule.
  public init(
    peak: Double, finalFraction: Double, warmupSteps: Int, totalSteps: Int,
    decay: LearningRateDecay = .cosine
  ) {
    self.peak = peak
    self.finalFraction = finalFraction
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.decay = decay
  }

  /// The learning rate of update number `step`, counted from 1.
  ///
  /// If a line begins to fall within the warm-up, the rise ends there; a line over all steps meets
  /// the rise.
  public func learningRate(at step: Int) -> Double {
    let last = lastStepBeforeDecay ?? warmupSteps
    func risen(at step: Int) -> Double {
      step < warmupSteps ? peak * Double(step) / Double(warmupSteps) : peak
    }
    if step < warmupSteps, step <= last { return risen(at: step) }
    switch decay {
    case .cosine:
      guard step < totalSteps else { return peak * finalFraction }
      let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
      return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + cos(.pi * progress)))
    case .linear(let steps):
      // A rate of 0 would be reached one step after the last: it learns nothing.
      let length = finalFraction > 0 ? max(1, steps) : steps + 1
      let progress = Double(min(step, totalSteps) - (totalSteps - steps)) / Double(length)
      let share = 1 - (1 - finalFraction) * max(0, progress)
      return last > 0 ? risen(at: last) * share : min(risen(at: step), peak * share)
    }
  }

  /// The schedule of `steps` steps with the same shares of warm-up and decay.
  public func scaled(to steps: Int) -> LearningRateSchedule {
    func scaled(_ count: Int) -> Int {
      Int((Double(count) * Double(steps) / Double(max(1, totalSteps))).rounded())
    }
    var schedule = self
    (schedule.totalSteps, schedule.warmupSteps) = (steps, min(scaled(warmupSteps), steps))
    if let count = decay.steps, count > 0 {
      schedule.decay = .linear(steps: min(max(1, scaled(count)), steps))
    }
    if schedule.fallsWithinWarmUp { schedule.warmupSteps = schedule.lastStepBeforeDecay ?? steps }
    return schedule
  }

  /// Whether a line begins to fall before the peak is reached.
  public var fallsWithinWarmUp: Bool {
    lastStepBeforeDecay.map { 0 < $0 && $0 < warmupSteps } ?? false
  }

  /// The last step of the whole peak: training to another length can go on from there; `nil` for a
  /// cosine, which falls from the warm-up on and depends on the length throughout.
  public var lastStepBeforeDecay: Int? {
    switch decay {
    case .cosine: nil
    case .linear(let steps): totalSteps - steps
    }
  }
}

/// The way of a learning rate from its peak to its last value.
public enum LearningRateDecay: Hashable, Sendable {
  /// Half a cosine from the warm-up to the end, as in nanoGPT and the training of the CRATE
  /// language models.
  case cosine
  /// The peak, then a straight line over the last `steps` steps, none for a constant rate (warm-up,
  /// stable, decay: Hu and others 2024, arXiv:2404.06395).
  case linear(steps: Int)

  /// The steps of a line; `nil` for a cosine.
  public var steps: Int? {
    switch self {
    case .cosine: nil
    case .linear(let steps): steps
    }
  }
}

extension LearningRateDecay: Codable {
  private enum CodingKeys: CodingKey {
    case linearSteps
  }

  /// Decodes an object with the steps of a line, or an empty one for a cosine.
  ///
  /// - Parameter decoder: the decoder.
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self = try values.decodeIfPresent(Int.self, forKey: .linearSteps).map(Self.linear) ?? .cosine
  }

  /// Encodes the same form.
  ///
  /// - Parameter encoder: the encoder.
  /// - Throws: the encoder's errors.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if case .linear(let steps) = self { try values.encode(steps, forKey: .linearSteps) }
  }
}

extension KeyedDecodingContainer {
  /// Decodes the decay, a cosine for a record without one.
  func decode(_ type: LearningRateDecay.Type, forKey key: Key) throws -> LearningRateDecay {
    try decodeIfPresent(type, forKey: key) ?? .cosine
  }
}
