import CRATELM
import Storage
import SystemPackage
import Testing

/// Tokens in memory teach a model what the same tokens in shards do.
@Suite struct MemoryDataTests {
  private static let vocabularySize = 40

  private static let tokenizer = PackedTokenizer(
    file: Array("tokenizer".utf8),
    spelledBytes: SpelledBytes([0] + [Int](repeating: 2, count: vocabularySize - 1)),
    endOfDocument: 0)

  /// Documents that a formula gives, each ended.
  private static let documents = (1...30).map { document in
    (0..<20 + document).map { Int32(1 + ($0 * $0 + document) % (vocabularySize - 1)) } + [0]
  }

  private func losses(_ data: TokenData) throws -> [Double] {
    let shape = try ModelConfiguration(
      depth: 1, width: 16, headCount: 2, contextLength: 16, vocabularySize: Self.vocabularySize)
    let trainer = try Trainer(
      model: LanguageModel(shape, seed: 1), data: data,
      configuration: TrainingConfiguration(for: shape, steps: 3, batch: 2, seed: 5), threads: 1)
    return try (0..<3).map { _ in try trainer.step().loss }
  }

  @Test func memoryTeachesAsShardsDo() throws {
    let folder = try TemporaryFolder()
    var settings = PackSettings()
    settings.validationFraction = 0
    let writer = try PackWriter(
      directory: folder.path.appending("data"), tokenizer: Self.tokenizer, settings: settings)
    for document in Self.documents {
      let ids = Array(document.dropLast())
      try writer.append(ids, byteCount: 2 * ids.count)
      try writer.endDocument()
    }
    _ = try writer.finish()
    let onDisk = try TokenData(directory: folder.path.appending("data"))
    let inMemory = try TokenData(train: Self.documents, tokenizer: Self.tokenizer)
    #expect(try inMemory.train.tokens(0..<100) == onDisk.train.tokens(0..<100))
    #expect(try inMemory.train.documentStarts() == onDisk.train.documentStarts())
    #expect(inMemory.manifest.train.spelledBytes == onDisk.manifest.train.spelledBytes)
    #expect(try losses(inMemory) == losses(onDisk))
  }

  @Test func impossibleTokensAreRefused() {
    #expect(throws: DataError.tokenOutOfRange(40, vocabularySize: 40)) {
      try TokenData(train: [[1, 40]], tokenizer: Self.tokenizer)
    }
  }

  @Test func aRunNeedsADirectory() throws {
    let data = try TokenData(train: Self.documents, tokenizer: Self.tokenizer)
    #expect(throws: DataError.inMemory) { try data.fingerprint() }
  }
}
