import CRATELM
import Testing

@Suite struct LearningRateScheduleTests {
  private let schedule = LearningRateSchedule(
    peak: 6e-4, finalFraction: 0.1, warmupSteps: 100, totalSteps: 1100)

  @Test(arguments: [(1, 6e-6), (50, 3e-4), (100, 6e-4), (600, 3.3e-4), (1100, 6e-5), (9999, 6e-5)])
  func risesAndFalls(step: Int, expected: Double) {
    #expect(abs(schedule.learningRate(at: step) - expected) < 1e-9)
  }
}

/// Warm-up, a stable stretch and a straight fall: one step after the last it would be at its end.
@Suite struct StableScheduleTests {
  /// The rates in parts of 410.
  private static let rates = [
    1: 41, 5: 205, 10: 410, 60: 410, 61: 400, 80: 210, 100: 10, 200: 10,
  ]

  @Test(arguments: rates) func fallsAtTheEnd(step: Int, parts: Int) {
    let schedule = LearningRateSchedule(
      peak: 2, finalFraction: 0, warmupSteps: 10, totalSteps: 100, decay: .linear(steps: 40))
    #expect(abs(schedule.learningRate(at: step) - Double(2 * parts) / 410) < 1e-12)
    #expect(schedule.lastStepBeforeDecay == 60)
  }

  @Test func aConstantRateStays() {
    let schedule = LearningRateSchedule(
      peak: 2, finalFraction: 0, warmupSteps: 1, totalSteps: 100, decay: .linear(steps: 0))
    #expect([1, 2, 50, 100].allSatisfy { schedule.learningRate(at: $0) == 2 })
  }
}
