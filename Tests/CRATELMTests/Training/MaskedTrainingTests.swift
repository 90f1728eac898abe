import CRATELM
import Storage
import SystemPackage
import Testing

/// Runs of masked models.
@Suite struct MaskedTrainingTests {
  private let folder: TemporaryFolder
  private let chain = MarkovChain(symbolCount: 12, seed: 1)
  private let data: TokenData
  private let shape: ModelConfiguration
  private let vocabulary: MaskingVocabulary

  init() throws {
    folder = try TemporaryFolder()
    data = try chain.pack(3000, into: folder.path.appending("data"), specialCount: 4)
    vocabulary = try chain.maskingVocabulary()
    shape = try ModelConfiguration(
      objective: .masked, depth: 2, width: 16, headCount: 2, contextLength: 16, vocabularySize: 16)
  }

  private func trainer(
    steps: Int = 12, microbatch: Int = 2, masking: MaskingConfiguration = MaskingConfiguration(),
    seed: UInt64 = 3
  ) throws -> Trainer {
    let plan = try TrainingConfiguration(
      steps: steps, batch: 6, microbatch: microbatch,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 12),
      masking: masking, seed: seed, validationInterval: 4, saveInterval: 5, sampleInterval: nil,
      keptCheckpoints: 2)
    return try Trainer(
      model: LanguageModel(shape, seed: seed), data: data, vocabulary: vocabulary,
      configuration: plan, threads: 2)
  }

  private func run(_ name: String) throws -> Run {
    try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape,
      training: trainer(steps: 40).configuration, on: data, vocabulary: vocabulary,
      conditions: .current(program: "test", threads: 2))
  }

  /// A run stopped after any step and continued is the uninterrupted run, bit for bit.
  ///
  /// Masks are a function of the step. 193 windows are an epoch, so that the last steps are of the next one.
  @Test(arguments: [1, 7, 30]) func continuedEqualsUninterrupted(stop: Int) throws {
    let whole = try run("whole")
    #expect(try whole.train { _ in true } == .finished)
    var parts: RunDirectory?
    do {
      let first = try run("parts")
      let end = try first.train { event in
        if case .step(let report, _) = event { return report.step < stop }
        return true
      }
      #expect(end == .stopped)
      #expect(first.lastValidation?.bitsPerByte == nil)
      parts = first.directory
    }
    let directory = try #require(parts)
    #expect(try RunRecord.read(from: directory) == whole.record)
    let second = try #require(
      try Run.resume(
        directory, on: data, vocabulary: vocabulary,
        conditions: .current(program: "test", threads: 1)))
    #expect(second.trainer.state.step == stop)
    #expect(try second.train { _ in true } == .finished)
    let resumption = try RunRecord.read(from: directory).training?.resumptions
    #expect(resumption?.map(\.step) == [stop])
    #expect(
      try FileContents.read(directory.weights) == FileContents.read(whole.directory.weights))
  }

  /// Microbatches change the cut of the work and nothing else: what is hidden stays the same and
  /// every prediction weighs the same.
  @Test func microbatchesDoNotChangeTheLoss() throws {
    let losses = try [1, 2, 6].map { microbatch in
      let trainer = try trainer(microbatch: microbatch)
      return try (0..<5).map { _ in Float(try trainer.step().loss) }
    }
    #expect(relativeError(losses[0], losses[2]) < 1e-5)
    #expect(relativeError(losses[1], losses[2]) < 1e-5)
  }

  @Test func validationHidesTheSameTokensAlways() throws {
    let initial = try trainer().validationReports()[0]
    let report = try #require(initial)
    // 300 symbols in windows of 14: of 21 times 14 two each, of the last 6 one.
    #expect(report.tokens == 43)
    #expect(report.bytes == nil)
    for other in [
      try trainer(masking: MaskingConfiguration(rate: 0.4, wholeWords: true)),
      try trainer(microbatch: 6),
    ] {
      let again = try #require(try other.validationReports()[0])
      #expect(again.tokens == report.tokens)
      #expect(abs(again.loss - report.loss) < 1e-5)
    }
    let evaluator = try Evaluator(
      model: LanguageModel(shape, seed: 3), data: data, vocabulary: vocabulary, sequences: 4,
      threads: 1)
    let whole = try #require(try evaluator.evaluate(.validation))
    #expect(whole.tokens == report.tokens)
    #expect(abs(whole.loss - report.loss) < 1e-5)
  }

  @Test func aVocabularyIsNeeded() throws {
    let plan = try trainer().configuration
    let model = try LanguageModel(shape, seed: 1)
    let other = try MaskingVocabulary.forTests(size: 20)
    for vocabulary in [nil, other] {
      #expect(throws: ConfigurationError.self) {
        try Trainer(
          model: model, data: data, vocabulary: vocabulary, configuration: plan, threads: 1)
      }
      #expect(throws: ConfigurationError.self) {
        try Evaluator(
          model: model, data: data, vocabulary: vocabulary, sequences: 1, threads: 1)
      }
    }
    #expect(throws: ConfigurationError.self) {
      try Scorer(model: model, threads: 1)
    }
    #expect(throws: ConfigurationError.self) {
      try BatchDecoder(model: model, capacity: 1, threads: 1)
    }
  }

  /// Text of special tokens only leaves nothing to predict.
  @Test func specialTokensAloneAreRefused() throws {
    let path = folder.path.appending("special")
    var settings = PackSettings()
    settings.validationFraction = 0
    let writer = try PackWriter(
      directory: path,
      tokenizer: PackedTokenizer(
        file: Array("{}".utf8), spelledBytes: SpelledBytes([Int](repeating: 0, count: 16)),
        endOfDocument: nil),
      settings: settings)
    try writer.append([Int32](repeating: 15, count: 500), byteCount: 500)
    _ = try writer.finish()
    let data = try TokenData(directory: path)
    let trainer = try Trainer(
      model: LanguageModel(shape, seed: 1), data: data, vocabulary: vocabulary,
      configuration: trainer().configuration, threads: 1)
    #expect(throws: DataError.nothingToPredict(path, step: 1)) { try trainer.step() }
    #expect(!trainer.textsWithoutValidation.isEmpty)
  }

  /// What remains to be guessed of a hidden symbol is known for the chain: no model does better.
  ///
  /// 300 steps bring the loss to within 15 % of the way to it from what the frequencies of the
  /// symbols alone leave. That is less than the chain's entropy, which is what remains where only
  /// the symbol before is known.
  @Test func bothSidesAreUsed() throws {
    let chain = MarkovChain(symbolCount: 10, seed: 4)
    let data = try chain.pack(200_000, into: folder.path.appending("long"), specialCount: 4)
    // Six symbols between two special tokens, of which one is hidden.
    let model = try LanguageModel(
      ModelConfiguration(
        objective: .masked, depth: 2, width: 64, headCount: 4, contextLength: 8,
        vocabularySize: 14),
      seed: 1)
    let steps = 300
    let trainer = try Trainer(
      model: model, data: data, vocabulary: chain.maskingVocabulary(),
      configuration: TrainingConfiguration(
        steps: steps, batch: 256, microbatch: 256,
        schedule: LearningRateSchedule(
          peak: 1e-2, finalFraction: 0.01, warmupSteps: 50, totalSteps: steps),
        seed: 1, validationInterval: steps, saveInterval: steps, sampleInterval: nil,
        keptCheckpoints: 1),
      threads: 2)
    for _ in 0..<steps { _ = try trainer.step() }
    let report = try #require(try trainer.validate())
    let (least, most) = (chain.entropyOfHiddenSymbol(length: 6), chain.entropyOfSymbols)
    #expect(report.loss > 0.97 * least)
    #expect(report.loss < least + 0.15 * (most - least))
    #expect(report.loss < 0.85 * chain.entropy)
  }
}
