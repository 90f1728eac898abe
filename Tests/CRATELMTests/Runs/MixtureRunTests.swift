import CRATELM
import Storage
import SystemPackage
import Testing

/// Runs that learn from several texts.
@Suite struct MixtureRunTests {
  private let folder: TemporaryFolder
  private let texts: [TokenData]
  private let shape: ModelConfiguration
  private let conditions = Conditions.current(program: "test", threads: 1)

  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    texts = try (0..<3).map { number in
      try MarkovChain(symbolCount: 12, seed: UInt64(number)).pack(
        [3000, 900, 300][number], into: folder.path.appending("data\(number)"))
    }
    shape = try ModelConfiguration(
      depth: 1, width: 8, headCount: 2, contextLength: 8, vocabularySize: 12)
  }

  private func plan(_ steps: Int) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      steps: steps, batch: 4, microbatch: 2,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 3, totalSteps: steps),
      seed: 3, validationInterval: 3, saveInterval: 3, sampleInterval: nil, keptCheckpoints: 2)
  }

  private func mixture(_ weights: [Double?] = [2, 1, 1]) throws -> Mixture {
    try Mixture(zip(texts, weights).map { Mixture.Source($0, weight: $1) })
  }

  private func create(_ name: String, on data: some TrainingData) throws -> Run {
    try Run.create(
      RunDirectory(folder.path.appending(name)), model: shape, training: plan(9), on: data,
      conditions: conditions)
  }

  private func numbers(of run: RunDirectory) throws -> [String] {
    String(decoding: try FileContents.read(run.metrics), as: UTF8.self).split(separator: "\n").map {
      String($0).replacing(/"(time|tokens_per_second|seconds)":[^,}]*/, with: "")
    }
  }

  @Test(arguments: [1, 3, 4, 8]) func resumesBitForBit(after stop: Int) throws {
    let whole = RunDirectory(folder.path.appending("whole"))
    let parts = RunDirectory(folder.path.appending("parts"))
    do {
      let run = try create("whole", on: mixture())
      #expect(try run.train { _ in true } == .finished)
      #expect(run.lastValidation?.parts.map(\.data) == texts.map(\.directory.string))
    }
    do {
      let run = try create("parts", on: mixture())
      #expect(try run.train { _ in run.trainer.state.step < stop } == .stopped)
    }
    let resumed = try #require(try Run.resume(parts, on: mixture(), conditions: conditions))
    #expect(try resumed.train { _ in true } == .finished)
    #expect(try FileContents.read(parts.weights) == FileContents.read(whole.weights))
    #expect(try numbers(of: parts) == numbers(of: whole))
    #expect(
      try FileContents.read(parts.configuration) == FileContents.read(whole.configuration))
    // A finished run knows its last validation, each text's too.
    let again = try Run.resume(whole, on: mixture(), conditions: conditions)
    try again?.open()
    #expect(again?.lastValidation == resumed.lastValidation)
    #expect(again?.lastValidation?.parts.count == 3)
  }

  /// The loss on each text is that of an evaluation of it alone; the total weighs them by share.
  @Test func eachTextIsValidatedByItself() throws {
    let trainer = try Trainer(
      model: LanguageModel(shape, seed: 4), data: mixture(), configuration: plan(9), threads: 1)
    let found = try #require(try trainer.validate())
    var (loss, bytes) = (0.0, 0.0)
    for (number, text) in texts.enumerated() {
      let evaluator = try Evaluator(
        model: LanguageModel(shape, seed: 4), data: text, sequences: 2, threads: 1)
      let report = try #require(try evaluator.evaluate(.validation))
      #expect(found.parts[number].loss == report.loss)
      #expect(found.parts[number].bitsPerByte == report.bitsPerByte)
      let share = [0.5, 0.25, 0.25][number]
      loss += share * report.loss
      bytes += share * Double(report.bytes ?? 0) / Double(report.tokens)
    }
    #expect(abs(found.loss - loss) < 1e-9)
    // log2(e), from a table.
    #expect(abs((found.bitsPerByte ?? 0) - loss * 1.442695040888963 / bytes) < 1e-9)
  }

  /// One text gives the record and the bits that it gave before there were mixtures.
  @Test func oneTextIsARunAsEver() throws {
    for (name, data) in [("plain", Mixture(texts[0])), ("one", try mixture([7]))] {
      let run = try create(name, on: data)
      #expect(try run.train { _ in true } == .finished)
      #expect(run.lastValidation?.parts.isEmpty == true)
    }
    for file in ["config.json", "model.safetensors"] {
      #expect(
        try FileContents.read(folder.path.appending("plain/\(file)"))
          == FileContents.read(folder.path.appending("one/\(file)")))
    }
    let record = String(
      decoding: try FileContents.read(folder.path.appending("one/config.json")), as: UTF8.self)
    #expect(record.contains("\"data_fingerprint\" : \"\(try texts[0].fingerprint())\""))
    #expect(!record.contains("mixture"))
  }

  @Test func otherDataAreRefused() throws {
    let directory = RunDirectory(folder.path.appending("run"))
    do {
      let run = try create("run", on: mixture())
      #expect(try run.train { _ in run.trainer.state.step < 4 } == .stopped)
    }
    let record = try RunRecord.read(from: directory)
    #expect(record.training?.data.map(\.weight) == [2, 1, 1])
    let other = try MarkovChain(symbolCount: 12, seed: 9)
      .pack(500, into: folder.path.appending("other"))
    for (data, clause) in [
      (Mixture(texts[0]), "not --data \(texts[0].directory); "),
      (try mixture([2, 1]), "not --data \(texts[0].directory):2 --data \(texts[1].directory):1; "),
      (try mixture([nil, nil, nil]), "not --data \(texts[0].directory) --data"),
      (try mixture([2, 1.5, 1]), "data1:1.5 --data"),
      (
        try Mixture([0, 2, 1].map { Mixture.Source(texts[$0], weight: $0 == 0 ? 2 : 1) }),
        "data2:1 --data \(texts[1].directory):1; "
      ),
      (
        try Mixture(zip([texts[0], texts[1], other], [2, 1, 1]).map { .init($0, weight: $1) }),
        "The data at \(other.directory) have the fingerprint \(try other.fingerprint())"
      ),
    ] {
      let error = #expect(throws: ConfigurationError.self) {
        try Run.resume(directory, on: data, conditions: conditions)
      }
      let sentence = error?.description ?? ""
      #expect(sentence.contains(clause), "\(sentence)")
    }
    // The place of a text may change.
    let moved = folder.path.appending("moved")
    try FileSystem.rename(texts[1].directory, to: moved)
    let data = try Mixture(
      zip([texts[0], TokenData(directory: moved), texts[2]], [2, 1, 1]).map {
        Mixture.Source($0, weight: $1)
      })
    #expect(try Run.resume(directory, on: data, conditions: conditions) != nil)
  }

  /// A record that somebody changed is an error.
  @Test func forgedRecordsAreRefused() throws {
    let directory = RunDirectory(folder.path.appending("run"))
    do {
      let run = try create("run", on: mixture())
      #expect(try run.train { _ in run.trainer.state.step < 1 } == .stopped)
    }
    let record = String(
      decoding: TinyRun.unsealed(try FileContents.read(directory.configuration)), as: UTF8.self)
    #expect(record.contains("\"weight\" : 2"))
    for forged in ["0", "-1", "1e999", "null", "\"2\""] {
      let text = record.replacing("\"weight\" : 2", with: "\"weight\" : \(forged)")
      try FileContents.write(TinyRun.sealed(text.utf8), to: directory.configuration)
      if forged == "null" {
        // As if it had none: then it has the weight 1, which the run did not begin with.
        #expect(throws: ConfigurationError.self) {
          try Run.resume(directory, on: mixture(), conditions: conditions)
        }
      } else {
        #expect(throws: CheckpointError.self) { try RunRecord.read(from: directory) }
      }
    }
    let empty = record.replacing(/"mixture" : \[[^\]]*\]/, with: "\"mixture\" : []")
    try FileContents.write(TinyRun.sealed(empty.utf8), to: directory.configuration)
    #expect(throws: CheckpointError.self) { try RunRecord.read(from: directory) }
  }
}
