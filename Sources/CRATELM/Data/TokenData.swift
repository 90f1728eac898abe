public import Storage
public import SystemPackage

/// Training and validation tokens: a data directory opened for reading, or in memory.
public final class TokenData {
  /// The stand-in for the path of tokens in memory.
  public static let memory: FilePath = "memory"

  /// The path of the directory; ``memory`` for tokens in memory.
  public let directory: FilePath
  /// The counts of the data.
  public let manifest: DataManifest
  /// The bytes that ids of the vocabulary spell.
  public let spelledBytes: SpelledBytes
  /// The tokens to learn from.
  public let train: TokenSplit
  /// The held-out tokens; empty for a validation fraction of 0.
  public let validation: TokenSplit

  /// The checksums of the files; `nil` for tokens in memory.
  let checksums: Checksums?

  /// Opens the data directory at `directory`.
  ///
  /// This checks everything except token frames; ``verify(progress:)`` checks frames too.
  ///
  /// - Parameters:
  ///   - directory: a directory made by ``PackWriter``.
  ///   - tokenizer: the expected tokenizer of the ids; `nil` accepts any.
  ///   - cacheByteCount: memory for expanded frames of each split, in bytes; a token takes 2 or 4.
  /// - Throws: ``DataError``; `FileError` if files are missing or cannot be read.
  public init(
    directory: FilePath, tokenizer: Fingerprint? = nil, cacheByteCount: Int = 64 << 20
  ) throws {
    self.directory = directory
    try Self.checkKind(of: directory)
    let sumsPath = directory.appending(DataFile.checksums.name)
    let checksums = try DataError.owning {
      try Checksums(FileContents.read(sumsPath), path: sumsPath)
    }
    self.checksums = checksums
    func contents(_ file: DataFile) throws -> [UInt8] {
      try DataError.owning { try checksums.contents(of: file.name, in: directory) }
    }
    let manifestPath = directory.appending(DataFile.manifest.name)
    let manifest = try DataManifest(contents(.manifest), path: manifestPath)
    self.manifest = manifest
    let expected = DataFile.summed(manifest).map(\.name)
    guard checksums.lines.map(\.name) == expected else {
      throw DataError.damaged(
        sumsPath, at: 0..<checksums.bytes.count,
        reason: "expected a line for each of \(expected.count.counting("file"))")
    }
    _ = try contents(.tokenizer)
    spelledBytes = try Self.spelledBytes(manifest, contents(.tokenByteCounts), directory)
    (train, validation) = (
      try Self.split(.train, manifest, directory, cacheByteCount),
      try Self.split(.validation, manifest, directory, cacheByteCount)
    )
    guard checksums[.tokenizer] == manifest.tokenizer else {
      throw DataError.damaged(
        manifestPath, at: 0..<1, reason: "it names another tokenizer than tokenizer.json")
    }
    if let tokenizer, tokenizer != manifest.tokenizer {
      throw DataError.foreignTokenizer(directory, expected: tokenizer, found: manifest.tokenizer)
    }
  }

  /// Documents in memory, for a ``Trainer`` and an ``Evaluator``; a ``Run`` needs a directory.
  ///
  /// - Parameters:
  ///   - train: the ids of each document to learn from, including the id that ends a document.
  ///   - validation: the ids of each held-out document.
  ///   - tokenizer: the tokenizer that made the ids.
  /// - Throws: ``DataError/tokenOutOfRange(_:vocabularySize:)``.
  public init(
    train: [[Int32]], validation: [[Int32]] = [], tokenizer: PackedTokenizer
  ) throws(DataError) {
    directory = Self.memory
    spelledBytes = tokenizer.spelledBytes
    let size = tokenizer.vocabularySize
    for document in train + validation {
      guard let stray = document.first(where: { !(0..<Int32(size)).contains($0) }) else { continue }
      throw .tokenOutOfRange(stray, vocabularySize: size)
    }
    self.train = TokenSplit(.train, documents: train)
    self.validation = TokenSplit(.validation, documents: validation)
    func totals(_ documents: [[Int32]]) -> DataManifest.Totals {
      var totals = DataManifest.Totals()
      totals.documents = documents.count
      totals.tokens = documents.reduce(0) { $0 + $1.count }
      totals.spelledBytes = documents.reduce(0) { $0 + tokenizer.spelledBytes.sum(of: $1[...]) }
      totals.bytes = totals.spelledBytes
      return totals
    }
    var manifest = DataManifest(
      tokenizer: Fingerprint(of: tokenizer.file()), vocabularySize: size,
      endOfDocument: tokenizer.endOfDocument, validationFraction: 0, seed: 0)
    (manifest.train, manifest.validation) = (totals(train), totals(validation))
    self.manifest = manifest
    checksums = nil
  }

  /// The tokens of `split`.
  public subscript(split: Split) -> TokenSplit {
    switch split {
    case .train: train
    case .validation: validation
    }
  }

  /// The identity of all files: the SHA-256 of the list of their checksums.
  ///
  /// - Throws: ``DataError/inMemory`` for tokens in memory.
  public func fingerprint() throws(DataError) -> Fingerprint {
    guard let checksums else { throw .inMemory }
    return Fingerprint(of: checksums.list)
  }

  /// The path of the tokenizer of the ids.
  public var tokenizerPath: FilePath { directory.appending(DataFile.tokenizer.name) }

  /// The sum of the sizes of all shards, in bytes.
  public var shardByteCount: Int {
    (train.shards + validation.shards).reduce(0) { $0 + $1.fileByteCount }
  }

  private static func checkKind(of directory: FilePath) throws {
    switch FileSystem.kind(of: directory) {
    case nil: throw FileError.missing(directory, remedy: "'crate-lm data pack' makes such data")
    case .directory: break
    default:
      throw FileError.wrongKind(
        directory, expected: "a data directory",
        remedy: "if it is a text, make one with 'crate-lm data pack \(directory.string.shellWord) "
          + "--tokenizer tokenizer -o data'")
    }
    guard FileSystem.kind(of: directory.appending(DataFile.manifest.name)) != nil else {
      throw DataError.foreign(
        directory, expected: "a data directory", found: "no \(DataFile.manifest.name)")
    }
  }

  private static func spelledBytes(
    _ manifest: DataManifest, _ bytes: [UInt8], _ directory: FilePath
  ) throws -> SpelledBytes {
    let path = directory.appending(DataFile.tokenByteCounts.name)
    guard bytes.count == 4 * manifest.vocabularySize else {
      throw DataError.damaged(
        path, at: bytes.count..<bytes.count + 1,
        reason: "expected \(4 * manifest.vocabularySize) bytes, found \(bytes.count)")
    }
    return SpelledBytes(
      (0..<manifest.vocabularySize).map { Int(bytes.littleEndian(at: 4 * $0, as: UInt32.self)) })
  }

  private static func split(
    _ split: Split, _ manifest: DataManifest, _ directory: FilePath, _ cacheByteCount: Int
  ) throws -> TokenSplit {
    let codec = try FrameCodec()
    var shards: [ShardReader] = []
    for (index, tokens) in manifest[split].shardTokens.enumerated() {
      let path = directory.appending(DataFile.shard(split, index).name)
      let shard = try ShardReader(
        path: path, vocabularySize: manifest.vocabularySize, codec: codec)
      guard shard.footer.tokenCount == tokens else {
        let footer = shard.fileByteCount - ShardFormat.footerByteCount
        throw DataError.damaged(
          path, at: footer..<footer + 1,
          reason: "expected \(tokens.counting("token")), found \(shard.footer.tokenCount)")
      }
      shards.append(shard)
    }
    return TokenSplit(
      directory: directory, split: split, shards: shards, cacheByteCount: cacheByteCount)
  }
}
