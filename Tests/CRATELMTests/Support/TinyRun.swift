import CRATELM
import Storage
import SystemPackage

/// A run of two steps of a model with a few hundred parameters.
enum TinyRun {
  private static let vocabularySize = 12

  static func shape() throws -> ModelConfiguration {
    try ModelConfiguration(
      depth: 1, width: 4, headCount: 1, contextLength: 4, vocabularySize: vocabularySize)
  }

  static func plan(sampling sampleInterval: Int? = nil) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      steps: 3, batch: 1, microbatch: 1,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.1, warmupSteps: 1, totalSteps: 3),
      seed: 1, validationInterval: 2, saveInterval: 2, sampleInterval: sampleInterval,
      keptCheckpoints: 1)
  }

  /// Packs a text of 200 tokens.
  static func pack(into directory: FilePath) throws -> TokenData {
    var settings = PackSettings()
    settings.frameTokenCount = 64
    let writer = try PackWriter(
      directory: directory,
      tokenizer: PackedTokenizer(
        file: Array("{}".utf8),
        spelledBytes: SpelledBytes([Int](repeating: 1, count: vocabularySize)),
        endOfDocument: 0), settings: settings)
    try writer.append((0..<200).map { Int32(1 + $0 * $0 % 11) }, byteCount: 200)
    _ = try writer.finish()
    return try TokenData(directory: directory)
  }

  /// A trainer that has not begun.
  static func trainer(on data: TokenData) throws -> Trainer {
    try Trainer(
      model: LanguageModel(shape(), seed: 1), data: data, configuration: plan(), threads: 1)
  }

  /// The file of the weights before training, which is written into `directory`.
  static func weights(in directory: FilePath) throws -> [UInt8] {
    let record = RunRecord(model: try shape(), tokenizer: Fingerprint(of: []))
    let run = RunDirectory(directory.appending("weights"))
    try run.create(LanguageModel(shape(), seed: 1), record: record, tokenizer: [])
    return try FileContents.read(run.weights)
  }

  /// `record` with the checksum that a record begins with.
  static func sealed(_ record: some Collection<UInt8>) -> [UInt8] {
    let opening = Array("{\n".utf8)
    let rest = record.starts(with: opening) ? Array(record.dropFirst(2)) : Array(record)
    return opening + "  \"sha256\" : \"\(Fingerprint(of: opening + rest))\",\n".utf8 + rest
  }

  /// `record` without the checksum that it begins with.
  static func unsealed(_ record: [UInt8]) -> [UInt8] {
    let rest = record.dropFirst(2).drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    return Array("{\n".utf8) + rest
  }

  /// The manifest `record` of a checkpoint, vouching for `state` in place of the state it has.
  static func manifest(_ record: [UInt8], of state: [UInt8]) -> [UInt8] {
    var lines = String(decoding: unsealed(record), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let place = lines.firstIndex(where: { $0.contains("\"state.json\"") }) {
      lines[place + 1] = "      \"byte_count\" : \(state.count),"
      lines[place + 2] = "      \"sha256\" : \"\(Fingerprint(of: state))\""
    }
    return sealed(lines.joined(separator: "\n").utf8)
  }

  /// Trains up to the checkpoint after step 2.
  static func train(on data: TokenData, in run: RunDirectory) throws {
    let training = try Run.create(
      run, model: shape(), training: plan(), on: data, conditions: conditions)
    _ = try training.train { _ in training.trainer.state.step < 2 }
  }

  /// The conditions under which it is trained.
  static let conditions = Conditions.current(program: "test", threads: 1)

  /// Reads `checkpoint` into a trainer and does the next step.
  static func step(from checkpoint: Checkpoint, on data: TokenData) throws {
    try checkpoint.verify()
    let trainer = try trainer(on: data)
    trainer.resume(at: try checkpoint.read(into: trainer.snapshot))
    _ = try trainer.step()
  }
}
