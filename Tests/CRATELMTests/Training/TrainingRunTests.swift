import CRATELM
import Storage
import SystemPackage
import Testing

@Suite struct TrainingRunTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let shape: ModelConfiguration

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(3000, into: folder.path.appending("data"))
    shape = try ModelConfiguration(
      depth: 2, width: 16, headCount: 2, contextLength: 16, vocabularySize: 12)
  }

  private func makeRun(_ name: String, seed: UInt64 = 3) throws -> (TrainingRun, RunDirectory) {
    let directory = RunDirectory(folder.path.appending(name))
    try directory.create(try record(), tokenizer: [], replacing: .nothing)
    return (try continuedRun(directory, from: nil, seed: seed), directory)
  }

  private func record() throws -> RunConfiguration {
    RunConfiguration(
      model: shape, training: try plan(seed: 3), tokenizer: data.manifest.tokenizer, data: "data",
      dataFingerprint: data.fingerprint, conditions: .current(program: "test", threads: 2))
  }

  private func plan(seed: UInt64) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      steps: 12, batch: 6, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 12),
      seed: seed, validationInterval: 4, saveInterval: 5, sampleInterval: nil, keptCheckpoints: 2)
  }

  private func continuedRun(
    _ directory: RunDirectory, from checkpoint: Checkpoint?, seed: UInt64 = 3
  ) throws -> TrainingRun {
    let trainer = try Trainer(
      model: LanguageModel(shape, seed: seed), data: data, configuration: plan(seed: seed),
      threads: 2)
    return try TrainingRun(trainer, in: directory, from: checkpoint)
  }

  /// The lines of the log without what depends on the clock.
  private func metrics(_ directory: RunDirectory) throws -> [[String: Double]] {
    try FileContents.read(directory.metrics).split(separator: UInt8(ascii: "\n")).map { line in
      let object = try #require(try JSONValue.parse(Array(line)).object)
      let pairs = zip(object.keys, object.values).compactMap { key, value in
        ["seconds", "tokens_per_second"].contains(key) ? nil : value.double.map { (key, $0) }
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  /// A run stopped after any step and continued is the uninterrupted run, bit for bit.
  @Test(arguments: [1, 5, 7, 11]) func continuedEqualsUninterrupted(stop: Int) throws {
    let (whole, wholeDirectory) = try makeRun("whole")
    #expect(try whole.run { _ in true } == .finished)

    let (first, directory) = try makeRun("parts")
    let end = try first.run { event in
      if case .step(let report, _) = event { return report.step < stop }
      return true
    }
    #expect(end == .stopped)
    let (checkpoint, rejected) = try CheckpointStore(directory).newestVerified()
    #expect(checkpoint.step == stop)
    #expect(rejected.isEmpty)
    let second = try continuedRun(directory, from: checkpoint)
    #expect(try second.run { _ in true } == .finished)

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
    let (run, directory) = try makeRun("run")
    #expect(try run.run { _ in true } == .finished)
    let complete = try metrics(directory)
    let checkpoints = try CheckpointStore(directory).all()
    #expect(checkpoints.map(\.step) == [12, 10])
    var bytes = try FileContents.read(directory.metrics)
    bytes += Array("{\"step\": 13, \"lo".utf8)
    try FileContents.write(bytes, to: directory.metrics)
    let continued = try continuedRun(directory, from: checkpoints[1])
    try continued.open()
    #expect(try metrics(directory).count == 10)
    #expect(try continued.run { _ in true } == .finished)
    #expect(try metrics(directory) == complete)
  }

  /// Going on from an earlier checkpoint leaves the later ones behind, once a new one is safe.
  @Test func goingBackDropsWhatWasLeft() throws {
    let (run, directory) = try makeRun("run")
    #expect(try run.run { _ in true } == .finished)
    let store = CheckpointStore(directory)
    let weights = try FileContents.read(directory.weights)
    let back = try continuedRun(directory, from: try store.all()[1])
    let end = try back.run { event in
      if case .step(let report, _) = event { return report.step < 11 }
      return true
    }
    #expect(end == .stopped)
    #expect(try store.all().map(\.step) == [11, 10])
    let last = try continuedRun(directory, from: try store.newestVerified().checkpoint)
    #expect(try last.run { _ in true } == .finished)
    #expect(try FileContents.read(directory.weights) == weights)
  }

  @Test func equalSeedsGiveEqualRuns() throws {
    let (a, first) = try makeRun("a")
    let (b, second) = try makeRun("b")
    let (c, third) = try makeRun("c", seed: 4)
    for run in [a, b, c] { #expect(try run.run { _ in true } == .finished) }
    #expect(try FileContents.read(first.weights) == FileContents.read(second.weights))
    #expect(try FileContents.read(first.weights) != FileContents.read(third.weights))
  }

  /// A damaged checkpoint is passed over for the one before it.
  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
  func damagedCheckpointIsPassedOver(file: String) throws {
    let (run, directory) = try makeRun("run")
    #expect(try run.run { _ in true } == .finished)
    let store = CheckpointStore(directory)
    let newest = try #require(try store.all().first)
    let path = newest.path.appending(file)
    var bytes = try FileContents.read(path)
    bytes[bytes.count / 2] ^= 0x10
    try FileContents.write(bytes, to: path)
    let (checkpoint, rejected) = try store.newestVerified()
    #expect(checkpoint.step == 10)
    #expect(rejected.count == 1)

    try FileContents.write(Array(bytes.dropLast(3)), to: path)
    #expect(try store.newestVerified().checkpoint.step == 10)
    try FileSystem.remove(path)
    #expect(try store.newestVerified().checkpoint.step == 10)
  }

  @Test func onlyWhatMayBeReplacedIsReplaced() throws {
    func create(_ directory: RunDirectory, _ replaceable: RunDirectory.Replaceable) throws {
      try directory.create(record(), tokenizer: [], replacing: replaceable)
    }
    let (run, directory) = try makeRun("run")
    #expect(throws: FileError.self) { try create(directory, .nothing) }
    #expect(throws: Never.self) { try create(directory, .runWithoutWeights) }
    #expect(try run.run { _ in true } == .finished)
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
    let (run, directory) = try makeRun("run")
    #expect(try run.run { _ in true } == .finished)
    let store = CheckpointStore(directory)
    let newest = try #require(try store.all().first)
    let renamed = directory.checkpoints.appending("step-00000099")
    try FileSystem.rename(newest.path, to: renamed)
    let checkpoint = try #require(try store.all().first)
    #expect(throws: CheckpointError.self) { try continuedRun(directory, from: checkpoint) }
  }

  /// The last update may leave parameters that are not numbers; they are not saved.
  @Test func parametersThatAreNotFiniteAreNotSaved() throws {
    let (run, directory) = try makeRun("run")
    #expect(throws: TrainingError.self) {
      try run.run { event in
        guard case .step(let report, _) = event, report.step == 12 else { return true }
        run.trainer.model.parameters.values.all[0] = .nan
        return true
      }
    }
    #expect(try CheckpointStore(directory).newestVerified().checkpoint.step == 10)
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
    let (run, _) = try makeRun("run")
    let slot = try #require(
      run.trainer.model.layout.tensors.first { $0.name == "layers.1.ista.dictionary" }
    ).slot
    run.trainer.model.parameters.values[slot][0][0] = .infinity
    run.trainer.model.fold()
    #expect(throws: TrainingError.self) { try run.run { _ in true } }
    #expect(run.trainer.state.step == 0)
  }
}
