import CRATELM
import Glibc
import Storage
import SystemPackage
import Testing

/// The checkpoint with the lowest validation loss, the end of patience, and checkpoints kept for
/// good.
@Suite struct BestCheckpointTests {
  private let folder: TemporaryFolder
  private let data: TokenData

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(
      800, into: folder.path.appending("data"))
  }

  /// A model that learns a text of 700 tokens by heart: its validation loss falls, then rises.
  private func run(
    _ name: String, steps: Int = 60, _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) throws -> Run {
    let shape = try ModelConfiguration(
      architecture: .transformer, depth: 1, width: 16, headCount: 2, contextLength: 16,
      vocabularySize: 12)
    var plan = try TrainingConfiguration(
      steps: steps, batch: 8, microbatch: 8,
      schedule: LearningRateSchedule(
        peak: 3e-2, finalFraction: 1, warmupSteps: 1, totalSteps: steps,
        decay: .linear(steps: 0)),
      seed: 1, validationInterval: 3, saveInterval: 7, sampleInterval: nil, keptCheckpoints: 1)
    change(&plan)
    return try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape, training: plan, on: data,
      conditions: TinyRun.conditions)
  }

  private func losses(_ run: RunDirectory) throws -> [(step: Int, loss: Double)] {
    try FileContents.read(run.metrics).split(separator: UInt8(ascii: "\n")).compactMap { line in
      let object = try JSONValue.parse(Array(line)).object
      guard let step = object?["step"]?.integer, let loss = object?["validation_loss"]?.double
      else { return nil }
      return (Int(step), loss)
    }
  }

  private func weights(_ path: FilePath) throws -> [UInt8] {
    try FileContents.read(path.appending("model.safetensors"))
  }

  @Test func theLowestValidationLossIsKept() throws {
    let run = try run("run")
    #expect(try run.train { _ in true } == .finished)
    let best = try #require(try losses(run.directory).min { $0.loss < $1.loss })
    #expect(best.step > 3 && best.step < 60, "the loss must fall and rise")
    let checkpoint = try Checkpoint(opening: run.directory.best)
    try checkpoint.verify()
    #expect(checkpoint.step == best.step)
    #expect(run.trainer.state.best?.loss == best.loss)

    // Trained to that step, a run has the same weights.
    let short = try self.run("short", steps: best.step)
    #expect(try short.train { _ in true } == .finished)
    #expect(try weights(short.directory.path) == weights(run.directory.best))
  }

  /// Stopped anywhere and resumed, a run ends with the same best checkpoint, last checkpoints and
  /// weights.
  @Test(arguments: [4, 9, 22, 40]) func resumedRunsKeepTheSame(step: Int) throws {
    let whole = try run("whole")
    #expect(try whole.train { _ in true } == .finished)
    let directory: RunDirectory
    do {
      let stopped = try run("stopped")
      directory = stopped.directory
      _ = try stopped.train { event in
        if case .step(let report, _) = event { report.step < step } else { true }
      }
    }
    let resumed = try #require(
      try Run.resume(directory, on: data, conditions: TinyRun.conditions))
    #expect(try resumed.train { _ in true } == .finished)
    #expect(
      try FileSystem.names(in: directory.checkpoints)
        == FileSystem.names(in: whole.directory.checkpoints))
    #expect(try weights(directory.best) == weights(whole.directory.best))
    #expect(try weights(directory.path) == weights(whole.directory.path))
    #expect(resumed.trainer.state.best == whole.trainer.state.best)
  }

  /// Of a checkpoint that was published, but not yet called the best, a resumed run makes the best.
  @Test func anInterruptedNameIsGiven() throws {
    let directory: RunDirectory
    do {
      let stopped = try run("run")
      directory = stopped.directory
      _ = try stopped.train { event in
        if case .step(let report, _) = event { report.step < 6 } else { true }
      }
    }
    let weights = try weights(directory.best)
    try FileSystem.remove(directory.best)
    try FileSystem.createDirectory(Stage(for: directory.best).path)
    let resumed = try #require(
      try Run.resume(directory, on: data, conditions: TinyRun.conditions))
    try resumed.open()
    #expect(try self.weights(directory.best) == weights)
    #expect(FileSystem.kind(of: Stage(for: directory.best).path) == nil)
  }

  /// A call that is repeated after the disk failed behind its exchange of names only cleans up.
  @Test func aRepeatedNameLeavesNothingElse() throws {
    let run = try run("run")
    _ = try run.train { event in
      if case .step(let report, _) = event { report.step < 6 } else { true }
    }
    let (directory, store) = (run.directory, CheckpointStore(run.directory))
    let stage = Stage(for: directory.best).path
    let weights = try weights(directory.best)
    let checkpoint = try Checkpoint(opening: directory.best)
    try FileSystem.createDirectory(stage)
    try store.keepBest(checkpoint)
    #expect(FileSystem.kind(of: stage) == nil)
    #expect(try self.weights(directory.best) == weights)
  }

  /// Equal losses leave the earlier step the best.
  @Test func tiesGoToTheEarlierStep() {
    var state = TrainingState()
    let losses = [3.0, 2, 2, 2.5, 1.5, .nan]
    var bests: [Int] = []
    for (step, loss) in losses.enumerated() {
      state.step = step
      _ = state.observe(validationLoss: loss)
      bests.append(state.best?.step ?? -1)
    }
    #expect(bests == [0, 1, 1, 1, 4, 4])
    #expect(state.best?.validationsSince == 1)
  }

  @Test func patienceEndsTraining() throws {
    let run = try run("run") { $0.patience = 2 }
    #expect(try run.train { _ in true } == .finished)
    let (state, best) = (run.trainer.state, try #require(run.trainer.state.best))
    #expect(run.trainer.hasLostPatience && state.step == best.step + 6)
    #expect(try Checkpoint(opening: run.directory.best).step == best.step)
    #expect(try CheckpointStore(run.directory).all().first?.step == state.step)
  }

  @Test func checkpointsAreKeptForGood() throws {
    let run = try run("run") {
      $0.savedSteps = [1, 10]
      $0.schedule.decay = .linear(steps: 20)
    }
    #expect(try run.train { _ in true } == .finished)
    #expect(try CheckpointStore(run.directory).all().map(\.step) == [60, 40, 10, 1])
  }
}
