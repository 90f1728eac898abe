import CRATELM
import Glibc
import Storage
import SystemPackage
import Testing

/// What is saved when, and what becomes of it.
@Suite struct SavingTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let shape: ModelConfiguration
  private let conditions = Conditions.current(program: "test", threads: 2)

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(3000, into: folder.path.appending("data"))
    shape = try ModelConfiguration(
      depth: 1, width: 8, headCount: 2, contextLength: 8, vocabularySize: 12)
  }

  private func plan(saveInterval: Int? = 5, saveSeconds: Int? = nil) throws -> TrainingConfiguration
  {
    var plan = try TrainingConfiguration(
      steps: 12, batch: 6, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 12),
      seed: 3, validationInterval: 4, saveInterval: saveInterval, sampleInterval: nil,
      keptCheckpoints: 2)
    plan.saveSeconds = saveSeconds
    return plan
  }

  private func newRun(_ name: String, _ plan: TrainingConfiguration) throws -> Run {
    try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape, training: plan, on: data,
      conditions: conditions)
  }

  private func resumed(_ directory: RunDirectory) throws -> Run {
    try #require(try Run.resume(directory, on: data, conditions: conditions))
  }

  private func steps(_ directory: RunDirectory) throws -> [Int] {
    try CheckpointStore(directory).all().map(\.step)
  }

  /// Weights, moments and log of two runs are the same.
  private func expectEqual(_ one: RunDirectory, _ other: RunDirectory) throws {
    #expect(try FileContents.read(one.weights) == FileContents.read(other.weights))
    let (first, second) = (
      try CheckpointStore(one).all().map(\.path), try CheckpointStore(other).all().map(\.path)
    )
    #expect(first.map(\.lastComponent) == second.map(\.lastComponent))
    for (one, other) in zip(first, second) {
      let name = "optimizer.safetensors"
      #expect(
        try FileContents.read(one.appending(name)) == FileContents.read(other.appending(name)))
    }
    let losses = try [one, other].map { run in
      try FileContents.read(run.metrics).split(separator: UInt8(ascii: "\n")).map {
        try JSONValue.parse(Array($0)).object?["loss"]
      }
    }
    #expect(losses[0].count == 12 && losses[0] == losses[1])
  }

  /// A checkpoint by the clock stays until the next one of the plan, and replaces none of these.
  @Test func checkpointsByTheClockAreExtra() throws {
    let whole = try newRun("whole", plan())
    #expect(try whole.train { _ in true } == .finished)

    let run = try newRun("clock", plan(saveSeconds: 1))
    var saved: [[Int]] = []
    let end = try run.train { event in
      switch event {
      case .step(let report, _) where [7, 8, 11].contains(report.step): usleep(1_050_000)
      case .saved: saved.append(try steps(run.directory))
      default: break
      }
      return true
    }
    #expect(end == .finished)
    // The first validation, after step 4, is the best so far.
    #expect(saved == [[4], [5], [7, 5], [8, 5], [10, 5], [11, 10, 5], [12, 10]])
    try expectEqual(run.directory, whole.directory)
  }

  /// So is one of a run that was stopped between two.
  @Test func checkpointsOfStoppedRunsAreExtra() throws {
    let whole = try newRun("whole", plan())
    #expect(try whole.train { _ in true } == .finished)
    let directory: RunDirectory
    do {
      let run = try newRun("stopped", plan())
      directory = run.directory
      let end = try run.train { event in
        if case .step(let report, _) = event { report.step < 11 } else { true }
      }
      #expect(end == .stopped)
      #expect(try steps(directory) == [11, 10, 5])
    }
    #expect(try resumed(directory).train { _ in true } == .finished)
    #expect(try steps(directory) == [12, 10])
    try expectEqual(directory, whole.directory)
  }

  @Test func whereNothingIsPlannedTheEndIsSaved() throws {
    let run = try newRun("never", plan(saveInterval: nil))
    #expect(try run.train { _ in true } == .finished)
    #expect(try steps(run.directory) == [12])
    let stored = try RunRecord.read(from: run.directory).training?.configuration
    #expect(stored?.saveInterval == nil && stored?.saveSeconds == nil)
  }

  /// An update that is stopped between two microbatches leaves no trace: the one before is saved,
  /// once, and training that goes on ends as the uninterrupted one.
  @Test(arguments: [0, 1, 2, 3], [6, 8]) func endedUpdatesHaveNotBeen(done: Int, step: Int) throws {
    let whole = try newRun("whole", plan())
    #expect(try whole.train { _ in true } == .finished)
    let directory: RunDirectory
    do {
      let run = try newRun("parts", plan())
      directory = run.directory
      var saves = 0
      let end = try run.train { event in
        if case .saved = event { saves += 1 }
        guard case .microbatch(let count, of: 3, let number) = event else { return true }
        return number < step || count < done
      }
      #expect(end == .stopped)
      // Step 4 is saved for its validation, step 5 by the plan.
      #expect(saves == (step == 6 ? 2 : 3))
      #expect(try steps(directory).first == step - 1)
    }
    #expect(try resumed(directory).train { _ in true } == .finished)
    try expectEqual(directory, whole.directory)
  }

  /// A run of which nothing was saved goes on as the run that it is.
  @Test func settingsHoldBeforeTheFirstCheckpoint() throws {
    let whole = try newRun("whole", plan())
    #expect(try whole.train { _ in true } == .finished)
    let directory: RunDirectory
    do {
      let run = try newRun("parts", plan())
      directory = run.directory
      let end = try run.train { event in
        if case .step(let report, _) = event { report.step < 3 } else { true }
      }
      #expect(end == .stopped && run.lastStep?.step == 3)
      // As a kill leaves it: the lines without the checkpoint.
      for checkpoint in try CheckpointStore(directory).all() {
        try FileSystem.remove(checkpoint.path)
      }
      try FileSystem.remove(directory.weights)
    }
    let point = try #require(try directory.resumePoint())
    #expect(try point.checkpoint == nil && point.training.configuration == plan())
    #expect(point.differences(under: conditions).isEmpty)
    // The tokenizer may be missing after a kill.
    try FileSystem.remove(directory.tokenizer)
    let run = try resumed(directory)
    #expect(try run.train { _ in true } == .finished)
    try expectEqual(directory, whole.directory)
    #expect(
      try RunRecord.read(from: directory) == RunRecord.read(from: whole.directory))

    // A record that is damaged is not taken for none.
    let damaged = RunDirectory(folder.path.appending("damaged"))
    try FileSystem.createDirectory(damaged.path)
    try FileContents.write(
      FileContents.read(directory.configuration).dropLast() + [0], to: damaged.configuration)
    #expect(throws: CheckpointError.self) { try damaged.resumePoint() }
  }

  /// What training did not make it cannot make again.
  @Test func modelsThatWereNotTrainedHereStay() throws {
    let record = RunRecord(model: shape, tokenizer: data.manifest.tokenizer, source: "elsewhere")
    let directory = RunDirectory(folder.path.appending("imported"))
    try directory.create(
      LanguageModel(shape, seed: 1), record: record,
      tokenizer: FileContents.read(data.tokenizerPath))
    let weights = try FileContents.read(directory.weights)
    for replaceable in [RunDirectory.Replaceable.nothing, .runWithoutWeights, .run] {
      let error = #expect(throws: FileError.self) {
        try directory.requireReplaceable(replaceable)
      }
      #expect("\(error as Any)".contains("was not trained here"))
      #expect(throws: FileError.self) {
        try Run.create(
          directory, model: shape, training: plan(), on: data, conditions: conditions,
          replacing: replaceable
        ).open()
      }
    }
    #expect(try Run.resume(directory, on: data, conditions: conditions) == nil)
    #expect(try FileContents.read(directory.weights) == weights)
  }
}
