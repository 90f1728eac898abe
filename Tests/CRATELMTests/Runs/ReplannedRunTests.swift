import CRATELM
import Storage
import SystemPackage
import Testing

/// Runs that become longer, or end by a decay now: bit for bit the runs that were planned so.
@Suite struct ReplannedRunTests {
  private let folder: TemporaryFolder
  private let data: TokenData

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(
      3000, into: folder.path.appending("data"))
  }

  private func plan(_ steps: Int, decay: Int, saving kept: [Int]? = nil) throws
    -> TrainingConfiguration
  {
    var plan = try TrainingConfiguration(
      steps: steps, batch: 4, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0, warmupSteps: 2, totalSteps: steps,
        decay: .linear(steps: decay)),
      seed: 1, validationInterval: 3, saveInterval: 5, sampleInterval: nil, keptCheckpoints: 2)
    plan.matrices = .muon(MuonConfiguration())
    plan.savedSteps = kept
    return plan
  }

  private func directory(_ name: String) -> RunDirectory {
    RunDirectory(folder.path.appending(name))
  }

  @discardableResult
  private func train(
    _ name: String, _ plan: TrainingConfiguration, upTo step: Int = .max
  ) throws -> RunDirectory {
    let shape = try ModelConfiguration(
      depth: 1, width: 16, headCount: 2, contextLength: 16, vocabularySize: 12)
    let run = try Run.create(
      directory(name), model: shape, training: plan, on: data, conditions: TinyRun.conditions)
    _ = try run.train { event in
      if case .step(let report, _) = event { report.step < step } else { true }
    }
    return run.directory
  }

  /// Resumes the run by `plan` and trains to its end.
  private func goOn(_ directory: RunDirectory, by plan: TrainingConfiguration) throws {
    let point = try #require(try directory.resumePoint()).replanned(plan)
    let run = try Run.resume(from: point, on: data, conditions: TinyRun.conditions)
    #expect(try run.train { _ in true } == .finished)
  }

  private func expectEqual(_ one: RunDirectory, _ other: RunDirectory) throws {
    let steps = try [one, other].map { try CheckpointStore($0).all().map(\.step) }
    #expect(steps[0] == steps[1])
    for (left, right) in try zip(CheckpointStore(one).all(), CheckpointStore(other).all()) {
      for name in ["model.safetensors", "optimizer.safetensors"] {
        #expect(
          try FileContents.read(left.path.appending(name))
            == FileContents.read(right.path.appending(name)))
      }
    }
    let numbers = try [one, other].map { run in
      try FileContents.read(run.metrics).split(separator: UInt8(ascii: "\n")).map { line in
        let object = try JSONValue.parse(Array(line)).object
        return ["step", "loss", "learning_rate", "validation_loss"].map { object?[$0]?.double }
      }
    }
    #expect(numbers[0] == numbers[1])
  }

  /// A finished run goes on from before its decay; one that is stopped within its decay, too; one
  /// before it from where it is.
  @Test(arguments: [12, 10, 7]) func longerRunsAreAsPlanned(stoppedAt step: Int) throws {
    let whole = try train("whole", plan(21, decay: 4))
    let longer = try train("longer", plan(12, decay: 4), upTo: step)
    let weights = try FileContents.read(longer.weights)
    try goOn(longer, by: plan(21, decay: 4))
    try expectEqual(longer, whole)
    let earlier = try #require(try RunRecord.read(from: longer).training?.earlierPlans)
    #expect(earlier.map(\.steps) == [12] && earlier.map(\.step) == [min(step, 8)])
    guard step > 8 else { return }
    let left = longer.checkpoints.appending("decayed-000000\(step)")
    try Checkpoint(opening: left).verify()
    #expect(try FileContents.read(left.appending("model.safetensors")) == weights)
    let log = longer.path.appending("metrics-000000\(step).jsonl")
    #expect(try FileContents.read(log).count { $0 == UInt8(ascii: "\n") } == step)
  }

  /// A constant rate falls when that is asked for.
  @Test func aDecayBeginsAtAnyTime() throws {
    let whole = try train("whole", plan(15, decay: 6))
    let ended = try train("ended", plan(30, decay: 0), upTo: 9)
    try goOn(ended, by: plan(15, decay: 6))
    try expectEqual(ended, whole)
  }

  /// A kill after the old checkpoint was set aside leaves a run of the old plan, which may go on by
  /// the new one all the same.
  @Test func settingAsideIsRepeated() throws {
    let whole = try train("whole", plan(21, decay: 4))
    let longer = try train("longer", plan(12, decay: 4))
    let store = CheckpointStore(longer)
    let checkpoints = try store.all()
    try store.setAside(checkpoints[0], of: nil, goingOnFrom: checkpoints[checkpoints.count - 2])
    #expect(try store.all().first?.step == 10)
    try goOn(longer, by: plan(21, decay: 4))
    try expectEqual(longer, whole)
  }

  /// After such a kill the run may also go on by the old plan, come to the same step again, and
  /// become longer then.
  @Test func settingAsideIsRepeatedAfterTheSameStep() throws {
    let whole = try train("whole", plan(21, decay: 4))
    let longer = try train("longer", plan(12, decay: 4))
    let checkpoints = try CheckpointStore(longer).all()
    let earlier = checkpoints[checkpoints.count - 2]
    try CheckpointStore(longer).setAside(checkpoints[0], of: nil, goingOnFrom: earlier)
    do {
      let point = try #require(try longer.resumePoint())
      let run = try Run.resume(from: point, on: data, conditions: TinyRun.conditions)
      #expect(try run.train { _ in true } == .finished)
    }
    #expect(try CheckpointStore(longer).all().first?.step == 12)
    try goOn(longer, by: plan(21, decay: 4))
    try expectEqual(longer, whole)
    try Checkpoint(opening: longer.checkpoints.appending("decayed-00000012")).verify()
  }

  /// What a run keeps for good stays under another name, if it comes to that step anew.
  @Test func checkpointsKeptForGoodStay() throws {
    let run = try train("run", plan(12, decay: 4, saving: [2, 9]))
    let kept = try FileContents.read(run.checkpoints.appending("step-00000009/model.safetensors"))
    try goOn(run, by: plan(21, decay: 4, saving: [2, 9]))
    #expect(
      try FileContents.read(run.checkpoints.appending("decayed-00000009/model.safetensors")) == kept
    )
    #expect(
      try FileContents.read(run.checkpoints.appending("step-00000009/model.safetensors")) != kept)
  }

  /// A run that lost its patience goes on all the same if that is asked for, with its patience anew.
  @Test func lostPatienceIsGivenAnew() throws {
    var plan = try plan(30, decay: 9)
    (plan.schedule.peak, plan.validationInterval, plan.patience) = (1, 1, 2)
    let run = try train("run", plan)
    let end = try #require(try run.resumePoint()?.checkpoint)
    #expect(end.step < 30)
    (plan.steps, plan.schedule.totalSteps) = (60, 60)
    try goOn(run, by: plan)
    let later = try #require(try run.resumePoint()?.checkpoint)
    #expect(later.step >= end.step + 2)
    #expect(try later.state().best?.validationsSince == 2)
  }

  @Test func impossibleLengthsAreRefused() throws {
    let run = try train("run", plan(12, decay: 4))
    let point = try #require(try run.resumePoint())
    #expect(throws: ConfigurationError.self) { try point.replanned(plan(11, decay: 4)) }
    #expect(throws: Never.self) { try point.replanned(plan(12, decay: 3)) }
    var cosine = try plan(21, decay: 4)
    cosine.schedule.decay = .cosine
    #expect(throws: ConfigurationError.self) { try point.replanned(cosine) }
  }
}
