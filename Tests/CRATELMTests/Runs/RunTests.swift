import CRATELM
import Storage
import SystemPackage
import Testing

@Suite struct RunTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let shape: ModelConfiguration

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(3000, into: folder.path.appending("data"))
    shape = try ModelConfiguration(
      depth: 2, width: 16, headCount: 2, contextLength: 16, vocabularySize: 12)
  }

  private func makeRun(_ name: String, seed: UInt64 = 3) throws -> Run {
    try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape, training: plan(seed: seed), on: data,
      conditions: conditions)
  }

  /// Trains a run to its end, or up to a step; gives its directory, which nobody holds any more.
  private func trained(
    _ name: String, seed: UInt64 = 3, upTo stop: Int = 12
  ) throws -> RunDirectory {
    let run = try makeRun(name, seed: seed)
    try train(run, upTo: stop)
    return run.directory
  }

  private func train(_ run: Run, upTo stop: Int = 12) throws {
    let end = try run.train { event in
      if case .step(let report, _) = event { return report.step < stop }
      return true
    }
    #expect(end == (stop < 12 ? .stopped : .finished))
  }

  private let conditions = Conditions.current(program: "test", threads: 2)

  private func record() throws -> RunRecord {
    try RunRecord(
      model: shape, tokenizer: data.manifest.tokenizer,
      training: TrainingRecord(
        configuration: plan(seed: 3), data: data.mixture, conditions: conditions))
  }

  private func plan(seed: UInt64) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      steps: 12, batch: 6, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 12),
      seed: seed, validationInterval: 4, saveInterval: 5, sampleInterval: nil, keptCheckpoints: 2)
  }

  /// The run, continued at the newest sound checkpoint or at one of them.
  private func continued(
    _ directory: RunDirectory, at choice: ResumePoint.Choice = .newest
  ) throws -> Run {
    let lock = try directory.lock()
    let point = try #require(try directory.resumePoint(choice))
    return try Run.resume(from: point, on: data, conditions: conditions, holding: lock)
  }

  private func goingBack(to checkpoint: Checkpoint) -> ResumePoint.Choice {
    .checkpoint(checkpoint.path, removingLater: true)
  }

  /// The lines of the log without what depends on the clock.
  private func metrics(_ directory: RunDirectory) throws -> [[String: Double]] {
    try FileContents.read(directory.metrics).split(separator: UInt8(ascii: "\n")).map { line in
      let object = try #require(try JSONValue.parse(Array(line)).object)
      let pairs = zip(object.keys, object.values).compactMap { key, value in
        ["seconds", "time", "tokens_per_second"].contains(key)
          ? nil : value.double.map { (key, $0) }
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  /// A run stopped after any step and continued is the uninterrupted run, bit for bit.
  @Test(arguments: [1, 5, 7, 11]) func continuedEqualsUninterrupted(stop: Int) throws {
    let wholeDirectory = try trained("whole")
    let directory = try trained("parts", upTo: stop)
    let second = try continued(directory)
    #expect(second.trainer.state.step == stop)
    try train(second)

    #expect(
      try FileContents.read(directory.weights) == FileContents.read(wholeDirectory.weights))
    let optimizer = "optimizer.safetensors"
    #expect(
      try FileContents.read(CheckpointStore(directory).all()[0].path.appending(optimizer))
        == FileContents.read(CheckpointStore(wholeDirectory).all()[0].path.appending(optimizer)))
    #expect(try metrics(directory) == metrics(wholeDirectory))
  }

  /// A crash after the last checkpoint leaves lines of steps that are done again.
  @Test func linesOfLostStepsAreDropped() throws {
    let directory = try trained("run")
    let complete = try metrics(directory)
    let checkpoints = try CheckpointStore(directory).all()
    #expect(checkpoints.map(\.step) == [12, 10])
    var bytes = try FileContents.read(directory.metrics)
    bytes += Array("{\"step\": 13, \"lo".utf8)
    try FileContents.write(bytes, to: directory.metrics)
    try continued(directory, at: goingBack(to: checkpoints[1])).open()
    #expect(try metrics(directory).count == 10)
    try train(continued(directory))
    #expect(try metrics(directory) == complete)
  }

  /// Going on from an earlier checkpoint leaves the later ones behind, once a new one is safe.
  @Test func goingBackDropsWhatWasLeft() throws {
    let directory = try trained("run")
    let store = CheckpointStore(directory)
    let weights = try FileContents.read(directory.weights)
    try train(continued(directory, at: goingBack(to: store.all()[1])), upTo: 11)
    #expect(try store.all().map(\.step) == [11, 10])
    try train(continued(directory))
    #expect(try FileContents.read(directory.weights) == weights)
  }

  @Test func equalSeedsGiveEqualRuns() throws {
    let (first, second) = (try trained("a"), try trained("b"))
    let third = try trained("c", seed: 4)
    #expect(try FileContents.read(first.weights) == FileContents.read(second.weights))
    #expect(try FileContents.read(first.weights) != FileContents.read(third.weights))
  }

  /// A damaged checkpoint is passed over for the one before it.
  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
  func damagedCheckpointIsPassedOver(file: String) throws {
    let directory = try trained("run")
    let store = CheckpointStore(directory)
    let newest = try #require(try store.all().first)
    let path = newest.path.appending(file)
    var bytes = try FileContents.read(path)
    bytes[bytes.count / 2] ^= 0x10
    try FileContents.write(bytes, to: path)
    let point = try #require(try directory.resumePoint())
    #expect(point.checkpoint?.step == 10)
    #expect(point.rejected.count == 1)
    let choice = ResumePoint.Choice.checkpoint(newest.path, removingLater: false)
    #expect(throws: (any Error).self) { try directory.resumePoint(choice) }

    try FileContents.write(Array(bytes.dropLast(3)), to: path)
    #expect(try store.newestVerified().checkpoint.step == 10)
    try FileSystem.remove(path)
    #expect(try store.newestVerified().checkpoint.step == 10)
  }

  @Test func onlyWhatMayBeReplacedIsReplaced() throws {
    func create(_ directory: RunDirectory, _ replaceable: RunDirectory.Replaceable) throws {
      try directory.create(record(), tokenizer: [], replacing: replaceable)
    }
    let directory = RunDirectory(folder.path.appending("run"))
    try makeRun("run").open()
    #expect(throws: FileError.self) { try create(directory, .nothing) }
    #expect(throws: FileError.self) { try makeRun("run").open() }
    #expect(throws: Never.self) { try create(directory, .runWithoutWeights) }
    try train(
      Run.create(
        directory, model: shape, training: plan(seed: 3), on: data, conditions: conditions,
        replacing: .runWithoutWeights))
    for replaceable in [RunDirectory.Replaceable.nothing, .runWithoutWeights] {
      #expect(throws: FileError.self) { try create(directory, replaceable) }
    }
    // A stranger's file stays, and weights without checkpoints are no less precious.
    let stranger = directory.checkpoints.appending("mine.txt")
    try FileContents.write([1], to: stranger)
    for checkpoint in try CheckpointStore(directory).all() {
      try FileSystem.remove(checkpoint.path)
    }
    #expect(throws: FileError.self) { try create(directory, .runWithoutWeights) }
    #expect(throws: Never.self) { try create(directory, .run) }
    #expect(FileSystem.kind(of: stranger) == .file)
    #expect(FileSystem.kind(of: directory.weights) == nil)

    // Another program's model has a config.json too.
    let foreign = RunDirectory(folder.path.appending("foreign"))
    try FileSystem.createDirectory(foreign.path)
    try FileContents.write(Array("{\"model_type\": \"gpt2\"}".utf8), to: foreign.configuration)
    for replaceable in [RunDirectory.Replaceable.nothing, .runWithoutWeights, .run] {
      #expect(throws: FileError.self) { try create(foreign, replaceable) }
    }
  }

  /// A checkpoint whose parts are of different steps is refused, whatever its manifest says.
  @Test func checkpointsOfMixedStepsAreRefused() throws {
    let directory = try trained("run")
    let store = CheckpointStore(directory)
    let newest = try #require(try store.all().first)
    let renamed = directory.checkpoints.appending("step-00000099")
    try FileSystem.rename(newest.path, to: renamed)
    let checkpoint = try #require(try store.all().first)
    #expect(throws: CheckpointError.self) {
      try directory.resumePoint(.checkpoint(checkpoint.path, removingLater: false))
    }
  }

  /// The last update may leave parameters that are not numbers; they are not saved.
  @Test func parametersThatAreNotFiniteAreNotSaved() throws {
    let run = try makeRun("run")
    #expect(throws: TrainingError.self) {
      try run.train { event in
        guard case .step(let report, _) = event, report.step == 12 else { return true }
        run.trainer.model.parameters.values.all[0] = .nan
        return true
      }
    }
    #expect(try CheckpointStore(run.directory).newestVerified().checkpoint.step == 10)
  }

  /// Nobody else changes a run's directory while one is there to be trained; other data and another
  /// place of a checkpoint are refused.
  @Test func runsAreGuarded() throws {
    let directory = try trained("run", upTo: 5)
    do {
      let lock = try #require(try directory.lock())
      #expect(throws: FileError.self) { try directory.lock() }
      #expect(throws: FileError.self) { try continued(directory) }
      withExtendedLifetime(lock) {}
    }
    do {
      let run = try continued(directory)
      #expect(throws: FileError.self) { try directory.lock() }
      withExtendedLifetime(run) {}
    }
    let other = try MarkovChain(symbolCount: 12, seed: 2)
      .pack(3000, into: folder.path.appending("other"))
    #expect(throws: ConfigurationError.self) {
      try Run.resume(directory, on: other, conditions: conditions)
    }
    let place = folder.path.appending("data")
    #expect(throws: ConfigurationError.self) {
      try directory.resumePoint(.checkpoint(place, removingLater: false))
    }
    let nothing = RunDirectory(folder.path.appending("nothing"))
    #expect(try Run.resume(nothing, on: data, conditions: conditions) == nil)
  }

  @Test func dataShorterThanTheContextAreRefused() throws {
    let long = try ModelConfiguration(
      depth: 1, width: 16, headCount: 2, contextLength: 4000, vocabularySize: 12)
    let plan = try TrainingConfiguration(
      steps: 1, batch: 1, microbatch: 1,
      schedule: LearningRateSchedule(
        peak: 1e-3, finalFraction: 0.1, warmupSteps: 0, totalSteps: 1),
      seed: 1, validationInterval: 1, saveInterval: 1, sampleInterval: nil, keptCheckpoints: 1)
    #expect(throws: DataError.self) {
      try Trainer(
        model: LanguageModel(long, seed: 1), data: data, configuration: plan, threads: 1)
    }
  }

  /// Parameters that are not numbers stop training before an update.
  @Test func divergenceIsNoticed() throws {
    let run = try makeRun("run")
    let slot = try #require(
      run.trainer.model.layout.tensors.first { $0.name == "layers.1.ista.dictionary" }
    ).slot
    run.trainer.model.parameters.values[slot][0][0] = .infinity
    run.trainer.model.fold()
    #expect(throws: TrainingError.self) { try run.train { _ in true } }
    #expect(run.trainer.state.step == 0)
  }
}
