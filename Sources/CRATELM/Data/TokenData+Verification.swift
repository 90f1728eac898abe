import Storage
import SystemPackage

extension TokenData {
  /// Reads all shards: expands every frame, checks every id, the document starts and the SHA-256.
  ///
  /// - Parameter progress: called with the bytes read so far, of ``shardByteCount``; may throw to
  ///   stop.
  /// - Throws: ``DataError`` for the first fault, with file and offset; `FileError` if reading
  ///   failed.
  public func verify(progress: (_ byteCount: Int) throws -> Void = { _ in }) throws {
    var done = 0
    for split in Split.allCases {
      for (index, shard) in self[split].shards.enumerated() {
        for frame in 0..<shard.footer.frameCount { _ = try shard.frame(frame) }
        let found = try FileSummary.read(shard.path) { try progress(done + $0) }.sha256
        guard checksums?[.shard(split, index)] == found else {
          throw DataError.damaged(
            shard.path, at: 0..<shard.fileByteCount,
            reason: "their SHA-256 is \(found), not that of \(DataFile.checksums.name)")
        }
        done += shard.fileByteCount
      }
      let starts = try self[split].documentStarts()
      guard manifest[split].documents <= starts.count else {
        throw DataError.damaged(
          directory.appending(DataFile.manifest.name), at: 0..<1,
          reason: "expected at most \(starts.count.counting("document")) in the \(split) split, "
            + "found \(manifest[split].documents)")
      }
    }
  }
}
