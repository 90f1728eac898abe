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
