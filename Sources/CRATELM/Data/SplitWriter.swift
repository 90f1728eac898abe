import Storage
import SystemPackage

/// Writes the shards of one split, one after the other.
final class SplitWriter {
  /// What was written so far; complete after ``finish()``.
  private(set) var totals = DataManifest.Totals()
  /// The SHA-256 of each shard that is complete.
  private(set) var fingerprints: [Fingerprint] = []

  private let split: Split
  private let directory: FilePath
  private let width: TokenWidth
  private let settings: PackSettings
  private let codec: FrameCodec
  private var shard: ShardWriter?
  private var startsDocument = false

  init(
    _ split: Split, in directory: FilePath, width: TokenWidth, settings: PackSettings,
    codec: FrameCodec
  ) {
    self.split = split
    self.directory = directory
    self.width = width
    self.settings = settings
    self.codec = codec
  }

  /// Notes that the next token does not continue the one before.
  func startDocument() {
    startsDocument = true
  }

  /// Appends `ids`, which stand for `byteCount` bytes of text and spell `spelledByteCount`.
  func append(_ ids: ArraySlice<Int32>, byteCount: Int, spelledByteCount: Int) throws {
    var rest = ids
    while !rest.isEmpty {
      let shard = try currentShard()
      if startsDocument {
        shard.startDocument()
        startsDocument = false
      }
      let room = settings.frameTokenCount * settings.framesPerShard - shard.tokenCount
      try shard.append(rest.prefix(room))
      rest = rest.dropFirst(room)
    }
    totals.tokens += ids.count
    totals.bytes += byteCount
    totals.spelledBytes += spelledByteCount
  }

  /// Counts a document that begins in this split.
  func countDocument() {
    totals.documents += 1
  }

  /// Completes the last shard.
  func finish() throws {
    guard let shard else { return }
    totals.shardTokens.append(shard.tokenCount)
    fingerprints.append(try shard.finish())
    self.shard = nil
  }

  private func currentShard() throws -> ShardWriter {
    let capacity = settings.frameTokenCount * settings.framesPerShard
    if let shard, shard.tokenCount == capacity { try finish() }
    if let shard { return shard }
    let file = DataFile.shard(split, totals.shardTokens.count)
    let next = try ShardWriter(
      path: directory.appending(file.name), width: width,
      frameTokenCount: settings.frameTokenCount, codec: codec)
    shard = next
    return next
  }
}
