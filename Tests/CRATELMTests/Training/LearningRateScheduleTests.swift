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

  /// With a last fraction above 0 the last step has it.
  @Test func theLastFractionIsThatOfTheLastStep() {
    let schedule = LearningRateSchedule(
      peak: 2, finalFraction: 0.5, warmupSteps: 0, totalSteps: 10, decay: .linear(steps: 4))
    #expect((6...11).map { schedule.learningRate(at: $0) } == [2, 1.75, 1.5, 1.25, 1, 1])
  }

  /// A fall that begins within the warm-up begins at the rate that is reached, and never rises.
  @Test func aFallMayBeginWithinTheWarmUp() {
    let schedule = LearningRateSchedule(
      peak: 10, finalFraction: 0, warmupSteps: 10, totalSteps: 8, decay: .linear(steps: 4))
    for (step, expected) in zip(1...9, [1, 2, 3, 4, 3.2, 2.4, 1.6, 0.8, 0.8]) {
      #expect(abs(schedule.learningRate(at: step) - expected) < 1e-12)
    }
  }

  /// Another length has the same shares.
  @Test func schedulesAreScaled() {
    let schedule = LearningRateSchedule(
      peak: 2, finalFraction: 0, warmupSteps: 15, totalSteps: 300, decay: .linear(steps: 120))
    let third = schedule.scaled(to: 100)
    #expect(third.totalSteps == 100 && third.warmupSteps == 5 && third.decay == .linear(steps: 40))
    #expect(schedule.scaled(to: 1).decay == .linear(steps: 1))
    #expect(schedule.scaled(to: 300) == schedule)
    // The fall began within the warm-up.
    let early = LearningRateSchedule(
      peak: 2, finalFraction: 0, warmupSteps: 2000, totalSteps: 800, decay: .linear(steps: 320))
    #expect(early.fallsWithinWarmUp && !early.scaled(to: 100).fallsWithinWarmUp)
    #expect(early.scaled(to: 100).warmupSteps == 60)
  }

  /// A line over all steps meets the rise: with 4 of 9 steps of warm-up 1/4, 2/4, 3/4, then 6/10.
  @Test func aLineMayTakeAllSteps() {
    let schedule = LearningRateSchedule(
      peak: 20, finalFraction: 0, warmupSteps: 4, totalSteps: 9, decay: .linear(steps: 9))
    for (step, expected) in zip(1...9, [5.0, 10, 14, 12, 10, 8, 6, 4, 2]) {
      #expect(abs(schedule.learningRate(at: step) - expected) < 1e-12)
    }
  }

  @Test func aConstantRateStays() {
    let schedule = LearningRateSchedule(
      peak: 2, finalFraction: 0, warmupSteps: 1, totalSteps: 100, decay: .linear(steps: 0))
    #expect([1, 2, 50, 100].allSatisfy { schedule.learningRate(at: $0) == 2 })
  }
}

/// The numbers of the papers: 6e-4 falls by a cosine to 6e-5, 1e-3 in a line to 0.
@Suite struct PublishedRecipeTests {
  @Test(arguments: [
    (Objective.causal, 1000, 3e-4), (.causal, 2000, 6e-4), (.causal, 301_000, 3.3e-4),
    (.causal, 600_000, 6e-5), (.masked, 900, 5e-4), (.masked, 1800, 1e-3),
    (.masked, 15_900, 5e-4),
  ])
  func learningRates(objective: Objective, step: Int, expected: Double) throws {
    let recipe = PublishedRecipe(for: objective)
    let model = try ModelConfiguration(.base, objective: objective, vocabularySize: 50_304)
    var plan = try TrainingConfiguration(
      for: model, steps: recipe.steps, batch: recipe.batch, seed: 0)
    #expect(plan.optimizer.beta2 == (objective == .causal ? 0.99 : 0.98))
    #expect(plan.windowStarts == (objective == .causal ? .drawn : .same))
    plan.adopt(recipe)
    try plan.validate()
    // A line to 0 ends one step after the last.
    #expect(abs(plan.schedule.learningRate(at: step) - expected) < 1e-3 * expected)
    #expect(plan.matrices == .adamW && !plan.boundsDictionaries)
    let constants = plan.optimizer
    #expect(
      objective == .causal
        ? [constants.beta1, constants.beta2, constants.weightDecay] == [0.9, 0.95, 0.1]
        : [constants.beta1, constants.beta2, constants.weightDecay] == [0.9, 0.98, 0.01])
  }
}
