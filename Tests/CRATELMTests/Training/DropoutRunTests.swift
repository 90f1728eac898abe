import CRATELM
import FoundationEssentials
import Storage
import SystemPackage
import Testing

/// Runs with dropout.
@Suite struct DropoutRunTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let conditions = Conditions.current(program: "test", threads: 2)

  init() throws {
    folder = try TemporaryFolder()
    data = try MarkovChain(symbolCount: 12, seed: 1).pack(600, into: folder.path.appending("data"))
  }

  private func plan(dropout: Float) throws -> TrainingConfiguration {
    var plan = try TrainingConfiguration(
      steps: 12, batch: 6, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: 12),
      seed: 3, validationInterval: 4, saveInterval: 5, sampleInterval: nil, keptCheckpoints: 2)
    plan.dropout = dropout
    return plan
  }

  private func run(_ name: String, _ architecture: Architecture, dropout: Float) throws -> Run {
    let shape = try ModelConfiguration(
      architecture: architecture, depth: 2, width: 16, headCount: 2, contextLength: 16,
      vocabularySize: 12)
    return try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape, training: plan(dropout: dropout),
      on: data, conditions: conditions)
  }

  /// A run that reads its text several times, stopped in its second reading and continued, is the
  /// uninterrupted run, bit for bit; and it is another run than one without dropout.
  @Test(arguments: [Architecture.crate, .crateAlpha, .transformer])
  func continuedEqualsUninterrupted(architecture: Architecture) throws {
    let windows = (data.train.tokenCount - 1) / 16
    #expect(windows > 6 && windows < 7 * 6)
    func weights(_ run: Run) throws -> [UInt8] { try FileContents.read(run.directory.weights) }
    let whole = try run("whole", architecture, dropout: 0.1)
    #expect(try whole.train { _ in true } == .finished)
    let plain = try run("plain", architecture, dropout: 0)
    #expect(try plain.train { _ in true } == .finished)
    #expect(try weights(whole) != weights(plain))

    let directory: RunDirectory
    do {
      let first = try run("parts", architecture, dropout: 0.1)
      _ = try first.train { event in
        if case .step(let report, _) = event { return report.step < 8 }
        return true
      }
      directory = first.directory
    }
    let second = try #require(try Run.resume(directory, on: data, conditions: conditions))
    #expect(second.trainer.state.step == 8)
    #expect(second.trainer.configuration.dropout == 0.1)
    #expect(try second.train { _ in true } == .finished)
    #expect(try weights(second) == weights(whole))
    #expect(second.lastValidation == whole.lastValidation)
  }

  /// A record without dropout says nothing of it, as records of earlier versions do.
  @Test func recordsLeaveOutZero() throws {
    let encoder = JSONEncoder()
    let decoder = JSONDecoder()
    for (rate, member) in [(Float(0), nil), (0.1, "\"dropout\":0.1")] {
      let json = try encoder.encode(plan(dropout: rate))
      let text = String(decoding: json, as: UTF8.self)
      #expect(text.contains("dropout") == (member != nil))
      if let member { #expect(text.contains(member)) }
      #expect(try decoder.decode(TrainingConfiguration.self, from: json) == plan(dropout: rate))
    }
  }

  @Test(arguments: [Float(1), -0.1, 2, .nan, .infinity]) func impossibleRatesAreRefused(
    rate: Float
  ) throws {
    #expect {
      try plan(dropout: rate).validate()
    } throws: { error in
      "\(error)" == "The dropout is \(rate); expected a number of at least 0 and below 1."
    }
  }
}
