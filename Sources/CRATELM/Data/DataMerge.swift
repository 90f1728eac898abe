import Storage
public import SystemPackage

/// Joins data directories that one tokenizer made, such as those that several machines packed.
///
/// The shards of each split are copied, one directory after the other, so that the stream of tokens
/// is that of the directories in their order.
public struct DataMerge {
  private let parts: [TokenData]
  private let manifest: DataManifest

  /// The bytes of all shards.
  public var shardByteCount: Int { parts.reduce(0) { $0 + $1.shardByteCount } }

  /// Checks that `parts` go together.
  ///
  /// - Throws: ``DataError`` with both paths if two have different tokenizers or ends of documents,
  ///   or are the same data.
  public init(_ parts: [TokenData]) throws(DataError) {
    guard let first = parts.first else { throw .noText }
    var manifest = first.manifest
    var seen: [Fingerprint: FilePath] = [:]
    for (index, part) in parts.enumerated() {
      if let other = seen.updateValue(part.directory, forKey: try part.fingerprint()) {
        throw .mergedTwice(other, part.directory)
      }
      try first.requireSameTokens(as: part)
      guard index > 0 else { continue }
      // A fraction or seed that differs says nothing about the whole.
      if part.manifest.validationFraction != manifest.validationFraction {
        manifest.validationFraction = 0
      }
      if part.manifest.seed != manifest.seed { manifest.seed = 0 }
      for split in Split.allCases { manifest[split].add(part.manifest[split]) }
    }
    (self.parts, self.manifest) = (parts, manifest)
  }

  /// Writes the joined directory, which appears when it is complete.
  ///
  /// - Parameters:
  ///   - directory: the data directory to make.
  ///   - overwrites: whether an existing data directory is replaced.
  ///   - progress: called with the bytes copied so far, of ``shardByteCount``; its error ends the
  ///     work and leaves nothing.
  /// - Returns: the data.
  /// - Throws: ``DataError/damaged(_:)`` for a shard that does not match its checksum; `FileError`;
  ///   what `progress` throws.
  public func write(
    to directory: FilePath, overwrites: Bool = false, progress: (Int) throws -> Void = { _ in }
  ) throws -> TokenData {
    let stage = try DataFile.stage(for: directory, overwrites: overwrites)
    var sums = Checksums()
    let manifestBytes = manifest.json.serialized(.pretty)
    try FileContents.write(manifestBytes, to: stage.path.appending(DataFile.manifest.name))
    sums.append(.manifest, Fingerprint(of: manifestBytes))
    for file in [DataFile.tokenizer, .tokenByteCounts] {
      let bytes = try parts[0].contents(of: file)
      try FileContents.write(bytes, to: stage.path.appending(file.name))
      sums.append(file, Fingerprint(of: bytes))
    }
    var done = 0
    for split in Split.allCases {
      var index = 0
      for part in parts {
        for shard in part[split].shards {
          let file = DataFile.shard(split, index)
          let copy = try Self.copy(shard.path, to: stage.path.appending(file.name)) {
            try progress(done + $0)
          }
          let name = shard.path.lastComponent?.string ?? ""
          guard part.checksums?[name] == copy.sha256 else {
            throw DataError.damaged(
              shard.path, at: 0..<copy.byteCount,
              reason: "their SHA-256 is \(copy.sha256), not that of \(DataFile.checksums.name)")
          }
          sums.append(file, copy.sha256)
          done += copy.byteCount
          index += 1
        }
      }
    }
    try FileContents.write(sums.bytes, to: stage.path.appending(DataFile.checksums.name))
    try progress(done)
    try stage.publish()
    return try TokenData(directory: directory)
  }

  private static let chunkByteCount = 1 << 20

  /// Copies the file at `source` and hashes what is written.
  private static func copy(
    _ source: FilePath, to path: FilePath, progress: (Int) throws -> Void
  ) throws -> FileSummary {
    let file = try FileReader(source)
    let output = try HashingWriter(path)
    var byteCount = 0
    while case let chunk = try file.next(chunkByteCount), !chunk.isEmpty {
      try output.write(chunk)
      byteCount += chunk.count
      try progress(byteCount)
    }
    return try output.finish()
  }
}

extension TokenData {
  /// Throws unless `other` has the same tokenizer and end of documents.
  fileprivate func requireSameTokens(as other: TokenData) throws(DataError) {
    guard manifest.tokenizer == other.manifest.tokenizer,
      manifest.vocabularySize == other.manifest.vocabularySize
    else { throw .severalTokenizers(directory, other.directory) }
    try requireSameEnd(as: other)
  }

  /// The content of `file`, checked by its checksum.
  fileprivate func contents(of file: DataFile) throws -> [UInt8] {
    guard let checksums else { throw DataError.inMemory }
    return try DataError.owning { try checksums.contents(of: file.name, in: directory) }
  }
}

extension DataManifest.Totals {
  /// Adds what follows.
  fileprivate mutating func add(_ more: DataManifest.Totals) {
    tokens += more.tokens
    documents += more.documents
    bytes += more.bytes
    spelledBytes += more.spelledBytes
    shardTokens += more.shardTokens
  }
}
