import CRATELM
import Storage
import SystemPackage
import Testing

/// What a resumed run finds and mends.
@Suite struct ResumptionTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let shape: ModelConfiguration
  private let plan: TrainingConfiguration
  private let directory: RunDirectory

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(3000, into: folder.path.appending("data"))
    shape = try ModelConfiguration(
      depth: 1, width: 8, headCount: 2, contextLength: 8, vocabularySize: 12)
    plan = try TrainingConfiguration(
      steps: 9, batch: 2, microbatch: 1,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 9),
      seed: 3, validationInterval: 3, saveInterval: 3, sampleInterval: nil, keptCheckpoints: 2)
    directory = RunDirectory(folder.path.appending("run"))
  }

  private let conditions = Conditions.current(program: "test", threads: 1)

  private func newRun() throws -> Run {
    try Run.create(
      directory, model: shape, training: plan, on: data, conditions: conditions)
  }

  private func train() throws {
    #expect(try newRun().train { _ in true } == .finished)
  }

  private func resumed() throws -> Run {
    try #require(try Run.resume(directory, on: data, conditions: conditions))
  }

  /// A run without steps to go still knows how the last one went.
  @Test func finishedRunsKnowTheirLastStep() throws {
    var whole: (step: StepReport?, validation: ValidationLoss?)
    do {
      let run = try newRun()
      #expect(try run.train { _ in true } == .finished)
      whole = (run.lastStep, run.lastValidation)
    }
    let again = try resumed()
    try again.open()
    #expect(again.lastStep?.step == 9)
    #expect(again.lastStep?.loss == whole.step?.loss)
    #expect(again.lastStep?.tokens == whole.step?.tokens)
    #expect(again.lastValidation == whole.validation)
    #expect(again.lastValidation != nil)
  }

  /// A process killed between publishing and what follows leaves old weights and checkpoints, one
  /// killed while it wrote or removed leaves parts.
  @Test func whatAKilledProcessLeftIsMended() throws {
    try train()
    let store = CheckpointStore(directory)
    let newest = try store.newestVerified().checkpoint
    let weights = try FileContents.read(newest.weights)
    try FileContents.write([1, 2, 3], to: directory.weights)
    let parts = [
      directory.checkpoints.appending(".step-00000010.tmp"),
      directory.checkpoints.appending("step-00000003"),
    ]
    for part in parts {
      try FileSystem.createDirectory(part)
      try FileContents.write([1], to: part.appending("model.safetensors"))
    }
    let files = [".config.json.tmp", ".model.safetensors.link"].map(directory.path.appending)
    for file in files { try FileContents.write([1], to: file) }
    #expect(try store.all().map(\.step) == [9, 6])

    try resumed().open()
    #expect(try FileContents.read(directory.weights) == weights)
    for path in parts + files { #expect(FileSystem.kind(of: path) == nil) }
    #expect(try store.all().map(\.step) == [9, 6])
  }

  /// The checkpoint that was passed over is no longer there once one of its step is.
  @Test func passedOverCheckpointsAreReplaced() throws {
    try train()
    let store = CheckpointStore(directory)
    let newest = try store.newestVerified().checkpoint
    let weights = try FileContents.read(newest.weights)
    let log = try FileContents.read(directory.metrics).split(separator: UInt8(ascii: "\n"))
    try FileContents.write([1, 2, 3], to: newest.weights)
    try FileContents.write([1], to: newest.path.appending("other"))

    let (sound, rejected) = try store.newestVerified()
    #expect(sound.step == 6 && rejected.count == 1)
    #expect(try resumed().train { _ in true } == .finished)
    try newest.verify()
    #expect(try FileContents.read(directory.weights) == weights)
    #expect(FileSystem.kind(of: newest.path.appending("other")) == nil)
    let names = ["best", "step-00000006", "step-00000009"]
    #expect(try FileSystem.names(in: directory.checkpoints) == names)
    let lines = try FileContents.read(directory.metrics).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == log.count)
  }

  /// Whoever leaves a course leaves it before the log forgets it: a crash afterwards cannot go on
  /// from a checkpoint whose lines are gone.
  @Test func leavingACourseRemovesItsCheckpoints() throws {
    try train()
    let store = CheckpointStore(directory)
    let point = try #require(
      try directory.resumePoint(.checkpoint(store.all()[1].path, removingLater: true)))
    try Run.resume(from: point, on: data, conditions: conditions).open()
    #expect(try store.all().map(\.step) == [6])
    #expect(
      try FileContents.read(directory.weights) == FileContents.read(store.all()[0].weights))
    let lines = try FileContents.read(directory.metrics).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 6)
  }

  /// No machine has the room for this model; what is needed is what three checkpoints take.
  @Test func spaceIsEstimatedBeforeTheRun() throws {
    let large = try ModelConfiguration(
      depth: 1000, width: 65_536, headCount: 64, contextLength: 8, vocabularySize: 12)
    let checkpoint = Checkpoint.byteCount(of: large, tokenizerByteCount: 0)
    // Parameters and two moments of 1000 layers with at least 3d² numbers.
    #expect(checkpoint > 3 * 4 * 1000 * 3 * 65_536 * 65_536)
    do {
      try CheckpointStore(directory).requireSpace(for: plan, each: checkpoint, after: 0)
      Issue.record("there was room")
    } catch FileError.noSpace(_, let needed, let available, _) {
      // Two are kept besides the best one, and one more is written before an old one goes.
      #expect(needed == 4 * checkpoint)
      #expect(available < needed)
    }
    // Two saves are left, of which the first one's checkpoint stays beside the second one's and the
    // best one.
    do {
      try CheckpointStore(directory).requireSpace(for: plan, each: checkpoint, after: 4)
      Issue.record("there was room")
    } catch FileError.noSpace(_, let needed, _, _) {
      #expect(needed == 3 * checkpoint)
    }
    #expect(throws: Never.self) {
      try CheckpointStore(directory).requireSpace(for: plan, each: checkpoint, after: 9)
    }
    // By the clock one more is there beside them, though the plan has no others than the last.
    var byTheClock = plan
    (byTheClock.saveInterval, byTheClock.saveSeconds) = (nil, 600)
    do {
      try CheckpointStore(directory).requireSpace(for: byTheClock, each: checkpoint, after: 4)
      Issue.record("there was room")
    } catch FileError.noSpace(_, let needed, _, _) {
      #expect(needed == 3 * checkpoint)
    }
  }

  /// A checkpoint is no larger than its estimate.
  @Test func estimatesAreUpperBounds() throws {
    try train()
    let path = try CheckpointStore(directory).newestVerified().checkpoint.path
    let sizes = try FileSystem.names(in: path).map {
      try FileSystem.byteCount(of: path.appending($0))
    }
    let parameters = LanguageModel.parameterCount(shape)
    let total = sizes.reduce(0, +)
    #expect(total > 3 * 4 * parameters)
    let tokenizer = try FileSystem.byteCount(of: directory.tokenizer)
    #expect(total <= Checkpoint.byteCount(of: shape, tokenizerByteCount: tokenizer))
  }

  /// A record of a run is trusted no more than an option.
  @Test func storedPlansAreValidated() throws {
    try train()
    let good = try RunRecord.read(from: directory)
    let changes: [(inout TrainingConfiguration) -> Void] = [
      { $0.steps = 0 }, { $0.microbatch = 0 }, { $0.microbatch = 3 }, { $0.saveInterval = -1 },
      { $0.saveSeconds = 0 },
      { $0.schedule.peak = -1 }, { $0.schedule.finalFraction = 2 }, { $0.validationTokens = 0 },
      { $0.keptCheckpoints = 0 }, { $0.dropout = 1 },
    ]
    for change in changes {
      var (bad, training) = (good, try #require(good.training))
      change(&training.configuration)
      bad.training = training
      try bad.write(to: directory)
      #expect(throws: ConfigurationError.self) { try directory.resumePoint() }
    }
    try good.write(to: directory)
    #expect(try directory.resumePoint()?.record == good)
  }

  @Test func conditionsThatDifferAreNamed() {
    var now = conditions
    #expect(now.differences(from: now).isEmpty)
    var others = now
    others.blasKernel = "Katmai"
    #expect(now.differences(from: others) == ["BLAS kernel \(now.blasKernel), before Katmai"])
    (now.blasKernel, now.blas) = ("Haswell", "OpenBLAS 0.3.21 DYNAMIC_ARCH Haswell MAX_THREADS=64")
    others.blas = "OpenBLAS 0.3.21 DYNAMIC_ARCH Katmai MAX_THREADS=64"
    #expect(now.differences(from: others) == ["BLAS kernel Haswell, before Katmai"])
    others.blas = "OpenBLAS 0.3.20 DYNAMIC_ARCH Katmai MAX_THREADS=64"
    #expect(
      now.differences(from: others) == [
        "BLAS kernel Haswell, before Katmai",
        "BLAS \(now.blas), before \(others.blas)",
      ])
  }
}
