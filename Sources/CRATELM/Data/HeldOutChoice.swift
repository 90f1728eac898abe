/// Chooses the passages of a stream for the validation split.
///
/// A passage is a document, or a piece of a longer one. Of every 1 / fraction consecutive passages
/// the seed draws one to hold out. So the held-out fraction is as requested and spread evenly over
/// the text, and the choice needs neither the number of passages nor memory.
struct HeldOutChoice {
  let fraction: Double
  let seed: UInt64
  private var passage = 0
  private var run = 0
  private var runEnd = 0
  private var heldOut = 0

  init(fraction: Double, seed: UInt64) {
    self.fraction = fraction
    self.seed = seed
  }

  /// The split of the next passage.
  mutating func next() -> Split {
    guard fraction > 0 else { return .train }
    defer { passage += 1 }
    while passage == runEnd {
      run += 1
      runEnd = Int((Double(run) / fraction).rounded())
      guard runEnd > passage else { continue }
      var generator = SplitMix64(seed: seed, stream: "validation split", run)
      heldOut = passage + generator.integer(below: runEnd - passage)
    }
    return passage == heldOut ? .validation : .train
  }
}
