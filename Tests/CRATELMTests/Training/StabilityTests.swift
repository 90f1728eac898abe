import CRATELM
import Glibc
import Parallel
import SystemPackage
import Testing

@Suite struct StabilityTests {
  private func matrices(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Float) throws -> (
    matrix: Matrix, scratch: Matrix, buffer: Buffer
  ) {
    var layout = Layout()
    let (slot, scratch) = (layout.reserve(rows, columns), layout.reserve(2, columns))
    let buffer = try Buffer(layout)
    for row in 0..<rows {
      for column in 0..<columns { buffer[slot][row][column] = value(row, column) }
    }
    return (buffer[slot], buffer[scratch], buffer)
  }

  /// That of a diagonal matrix with 1 to 20 is 20; that of a·bᵀ is |a|·|b|.
  @Test func powerIterationFindsTheLargestSingularValue() throws {
    let diagonal = try matrices(20, 20) { $0 == $1 ? Float($0 + 1) : 0 }
    let estimate = SpectralNorm.squared(diagonal.matrix, scratch: diagonal.scratch)
    #expect(estimate <= 400.001 && estimate > 0.97 * 400)

    let product = try matrices(30, 7) { Float($0 + 1) * Float($1 - 3) }
    let expected =
      (1...30).reduce(0) { $0 + $1 * $1 } * (0..<7).reduce(0) { $0 + ($1 - 3) * ($1 - 3) }
    #expect(
      abs(SpectralNorm.squared(product.matrix, scratch: product.scratch) / Double(expected) - 1)
        < 1e-5)
  }

  private func model(_ architecture: Architecture) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 2, width: 64, headCount: 2, contextLength: 8,
        vocabularySize: 11),
      seed: 1)
  }

  private func dictionaries(_ model: LanguageModel) -> [Matrix] {
    model.layout.tensors.filter { $0.name.hasSuffix(".dictionary") }
      .map { model.parameters.values[$0.slot] }
  }

  /// The published initialisations lie below the limit and stay as they are, bit for bit; larger
  /// dictionaries come down to it.
  @Test(arguments: [Architecture.crate, .crateOvercomplete, .crateAlpha])
  func dictionariesStayWhereStepsConverge(architecture: Architecture) throws {
    let model = try model(architecture)
    let before = dictionaries(model).map(\.elements)
    model.boundDictionaries(workers: Workers(threads: 2))
    #expect(dictionaries(model).map(\.elements) == before)

    for dictionary in dictionaries(model) {
      for row in 0..<dictionary.rows { dictionary[row].scale(by: 3) }
    }
    model.boundDictionaries(workers: Workers(threads: 2))
    let scratch = try matrices(1, 64) { _, _ in 0 }
    for dictionary in dictionaries(model) {
      let stability = 0.1 * SpectralNorm.squared(dictionary, scratch: scratch.scratch)
      #expect(abs(stability - 1.9) < 1e-3)
    }
  }

  /// Norms that vary by a third are no spikes, one of twenty times the mean is, and spikes without
  /// end are the new range.
  @Test func spikesAreFarOutsideOfTheRecentRange() {
    var detector = SpikeDetector()
    var generator = SplitMix64(seed: 1)
    func norm() -> Double { 2 * exp(0.3 * generator.gaussian()) }
    for _ in 0..<1000 {
      let isSpike = detector.isSpike(norm())
      #expect(!isSpike)
    }
    let flags = [40, 2].map { detector.isSpike($0) }
    #expect(flags == [true, false])
    let lasting = (0..<10).map { _ in detector.isSpike(40) }
    #expect(lasting == [Bool](repeating: true, count: 8) + [false, false])
  }

  /// Norms that hardly vary make a narrow range, which is left as a whole.
  @Test func aNewRangeIsTakenAtOnce() {
    var detector = SpikeDetector()
    let flags = ([Double](repeating: 1, count: 200) + [Double](repeating: 20, count: 40))
      .map { detector.isSpike($0) }
    #expect(flags.count { $0 } == 8)
    #expect(flags[200..<208].allSatisfy { $0 })
  }

  /// At three times the usual learning rate the product stays below 2 wherever it is looked at.
  @Test func trainingKeepsStepsConvergent() throws {
    let trainer = try trainer(.crateOvercomplete, learningRate: 3e-3, in: TemporaryFolder())
    for _ in 0..<100 {
      _ = try trainer.step()
      for layer in trainer.layerReports() {
        #expect(try #require(layer.stepStability) < 2)
      }
    }
  }

  /// Muon at ten times its usual rate moves η·σ² by more than half of its limit in an update:
  /// 2·η·σ·α·√(4) + η·(α·√4)², with σ² = 1.9/η and α = 0.2; every pass still begins below 2.
  @Test(arguments: [Architecture.crate, .crateOvercomplete, .crateAlpha])
  func muonKeepsStepsConvergent(architecture: Architecture) throws {
    var muon = MuonConfiguration()
    muon.learningRate = 0.2
    let trainer = try trainer(architecture, matrices: .muon(muon), in: TemporaryFolder())
    for _ in 0..<100 {
      _ = try trainer.step()
      for layer in trainer.layerReports() {
        #expect(try #require(layer.stepStability) < 2)
      }
    }
  }

  @Test func nothingIsASpikeAtFirst() {
    var detector = SpikeDetector()
    let flags = [1.0, 1e6, 1e-6, 1e9].map { detector.isSpike($0) }
    #expect(!flags.contains(true))
  }

  private func trainer(
    _ architecture: Architecture = .crate, spikeAction: SpikeAction = .accept,
    learningRate: Double = 1e-3, matrices: MatrixOptimizer = .adamW, in folder: TemporaryFolder
  ) throws -> Trainer {
    let data = try MarkovChain(symbolCount: 12, seed: 1).pack(
      3000, into: folder.path.appending("data"))
    let shape = try ModelConfiguration(
      architecture: architecture, depth: 2, width: 16, headCount: 2, contextLength: 16,
      vocabularySize: 12, activation: .relu)
    var plan = try TrainingConfiguration(
      steps: 100, batch: 4, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: learningRate, finalFraction: 0.1, warmupSteps: 3, totalSteps: 100),
      seed: 1, validationInterval: 4, saveInterval: 5, sampleInterval: nil, keptCheckpoints: 2)
    (plan.spikeAction, plan.matrices) = (spikeAction, matrices)
    return try Trainer(
      model: LanguageModel(shape, seed: 1), data: data, configuration: plan, threads: 2)
  }

  /// After a steady stretch the embeddings are scaled up, which makes the gradient spike: the
  /// update is left out, or not.
  @Test(arguments: [SpikeAction.skip, .accept]) func spikesAreSkippedOnRequest(
    action: SpikeAction
  ) throws {
    let trainer = try trainer(spikeAction: action, in: TemporaryFolder())
    for _ in 0..<40 { #expect(try !trainer.step().isSkipped) }
    let model = trainer.model
    let tensor = try #require(model.layout.tensors.first { $0.name == "token_embedding" })
    let embedding = model.parameters.values[tensor.slot]
    for row in 0..<embedding.rows { embedding[row].scale(by: 1e4) }
    let before = model.parameters.values.all
    let values = (0..<before.count).map { before[$0] }
    let report = try trainer.step()
    #expect(report.isSkipped == (action == .skip))
    #expect(trainer.state.skippedSteps == (action == .skip ? 1 : 0))
    #expect(((0..<before.count).map { before[$0] } == values) == (action == .skip))
  }

  /// A weight that is not a number stops training before the update, with the step, the batch and
  /// the tensor.
  @Test func divergenceIsNamed() throws {
    let trainer = try trainer(in: TemporaryFolder())
    for _ in 0..<3 { _ = try trainer.step() }
    let model = trainer.model
    let tensor = try #require(
      model.layout.tensors.first { $0.name == "layers.1.attention.projection" })
    model.parameters.values[tensor.slot][0][0] = .nan
    let before = (0..<model.parameters.values.count).map {
      model.parameters.values.all[$0].bitPattern
    }
    #expect {
      try trainer.step()
    } throws: { error in
      guard case .diverged(let step, let sequences, _, _, let tensor)? = error as? TrainingError
      else { return false }
      return step == 4 && sequences == 12..<16 && tensor == "layers.1.attention.projection"
    }
    #expect(
      before
        == (0..<model.parameters.values.count).map {
          model.parameters.values.all[$0].bitPattern
        })
    #expect(trainer.state.step == 3)
  }

  /// The layers' gradient norms and that of the rest are the whole gradient's.
  @Test(arguments: Architecture.allCases) func layersAreReported(
    architecture: Architecture
  ) throws {
    let trainer = try trainer(architecture, in: TemporaryFolder())
    let report = try trainer.step()
    let layers = trainer.layerReports()
    #expect(layers.count == 2)
    let squares = layers.reduce(0) { $0 + $1.gradientNorm * $1.gradientNorm }
    #expect(squares > 0 && squares < report.gradientNorm * report.gradientNorm)
    for layer in layers {
      let hasDictionary = architecture != .transformer && architecture != .attentionOnly
      #expect((layer.stepStability != nil) == hasDictionary)
      if architecture == .attentionOnly {
        #expect(layer.deadUnitShare == nil)
      } else {
        #expect(layer.deadUnitShare.map { (0...1).contains($0) } == true)
      }
    }
  }
}
