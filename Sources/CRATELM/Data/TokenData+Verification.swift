import Storage
import SystemPackage

extension TokenData {
  /// Reads all shards: expands every frame, checks every id, the documents and the SHA-256.
  ///
  /// - Parameter progress: called with the bytes read so far, of ``shardByteCount``; may throw to
  ///   stop.
  /// - Throws: ``DataError`` for the first fault, with its file and place; `FileError` where
  ///   reading failed.
  public func verify(progress: (_ byteCount: Int) throws -> Void = { _ in }) throws {
    var done = 0
    for split in Split.allCases {
      for (index, shard) in self[split].shards.enumerated() {
        for frame in 0..<shard.footer.frameCount { _ = try shard.frame(frame) }
        let found = try shard.fingerprint { try progress(done + $0) }
        guard checksums[.shard(split, index)] == found else {
          throw DataError.corrupt(
            shard.path, offset: 0, byteCount: shard.fileByteCount,
            reason: "their SHA-256 is \(found), not that of \(DataFile.checksums.name)")
        }
        done += shard.fileByteCount
      }
      let starts = try self[split].documentStarts()
      guard manifest[split].documents <= starts.count else {
        throw DataError.corrupt(
          directory.appending(DataFile.manifest.name), offset: 0,
          reason: "expected at most \(starts.count) documents in the \(split) split, found "
            + "\(manifest[split].documents)")
      }
    }
  }
}

extension ShardReader {
  /// The SHA-256 of the whole file.
  fileprivate func fingerprint(progress: (Int) throws -> Void) throws -> Fingerprint {
    let chunkByteCount = 1 << 20
    let hash = SHA256()
    for start in stride(from: 0, to: fileByteCount, by: chunkByteCount) {
      let bytes = try read(start..<min(start + chunkByteCount, fileByteCount))
      hash.update(bytes)
      try progress(start + bytes.count)
    }
    return Fingerprint(digest: hash.finalize())
  }
}
