import Storage
public import SystemPackage

/// The tokens of one split as one stream, read from its shards on demand.
///
/// It keeps the frames expanded last, so reading is fastest if the split fits into the cache.
public final class TokenSplit {
  /// The directory of the data; ``TokenData/memory`` for tokens in memory.
  public let directory: FilePath
  /// The name of the split.
  public let split: Split
  /// The tokens of the stream.
  public let tokenCount: Int

  /// The shards, in order; none for tokens in memory.
  let shards: [ShardReader]
  /// The documents in memory, one after the other; `nil` for tokens in shards.
  private let held: (ids: [Int32], starts: [Int])?
  /// The index in the stream of each shard's first token.
  private let shardStarts: [Int]
  /// The number of frames before each shard.
  private let shardFrames: [Int]
  private var cache: FrameCache

  init(directory: FilePath, split: Split, shards: [ShardReader], cacheByteCount: Int) {
    self.directory = directory
    self.split = split
    self.shards = shards
    var (starts, frames, start, frame) = ([Int](), [Int](), 0, 0)
    for shard in shards {
      starts.append(start)
      frames.append(frame)
      start += shard.footer.tokenCount
      frame += shard.footer.frameCount
    }
    (shardStarts, shardFrames, tokenCount) = (starts, frames, start)
    cache = FrameCache(byteBudget: cacheByteCount)
    held = nil
  }

  /// A split of `documents` in memory.
  init(_ split: Split, documents: [[Int32]]) {
    var starts: [Int] = []
    var ids: [Int32] = []
    for document in documents where !document.isEmpty {
      starts.append(ids.count)
      ids += document
    }
    (directory, self.split, tokenCount, held) = (TokenData.memory, split, ids.count, (ids, starts))
    (shards, shardStarts, shardFrames, cache) = ([], [], [], FrameCache(byteBudget: 0))
  }

  /// Writes the ids of the tokens `range` of the stream to `output`, from index `first` on.
  ///
  /// - Precondition: `range` lies within the stream and fits into `output` there.
  /// - Throws: ``DataError/damaged(_:)``; `FileError` if reading failed.
  public func read(
    _ range: Range<Int>, into output: inout MutableSpan<Int32>, at first: Int = 0
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount,
      "tokens \(range) of a split of \(tokenCount)")
    if let held {
      for (offset, id) in held.ids[range].enumerated() { output[first + offset] = id }
      return
    }
    var place = range.lowerBound
    var index = shard(holding: place)
    while place < range.upperBound {
      let shard = shards[index]
      let local = place - shardStarts[index]
      guard local < shard.footer.tokenCount else {
        index += 1
        continue
      }
      let frame = local / shard.footer.frameTokenCount
      let start = local % shard.footer.frameTokenCount
      let taken = min(
        shard.footer.tokenCount(ofFrame: frame) - start, range.upperBound - place)
      let bytes = try cache.bytes(ofFrame: shardFrames[index] + frame) { try shard.frame(frame) }
      shard.width.copy(
        start..<start + taken, of: bytes, to: &output, at: first + place - range.lowerBound)
      place += taken
    }
  }

  /// The ids of the tokens `range` of the stream.
  ///
  /// - Precondition: `range` lies within the stream.
  /// - Throws: ``DataError/damaged(_:)``; `FileError` if reading failed.
  public func tokens(_ range: Range<Int>) throws -> [Int32] {
    var ids = [Int32](repeating: 0, count: range.count)
    var span = ids.mutableSpan
    try read(range, into: &span)
    return ids
  }

  /// The indices of the tokens that begin a document or, after a cut, the rest of one; ascending,
  /// the first 0.
  ///
  /// - Throws: ``DataError/damaged(_:)``.
  public func documentStarts() throws -> [Int] {
    if let held { return held.starts }
    var starts: [Int] = []
    for (index, shard) in shards.enumerated() {
      for start in try shard.documentStarts() { starts.append(shardStarts[index] + start) }
    }
    guard starts.first == 0 || tokenCount == 0 else {
      let table = ShardFormat.headerByteCount + shards[0].footer.framesByteCount
      throw DataError.damaged(
        shards[0].path, at: table..<table + 1,
        reason: "expected the first document to start at token 0")
    }
    return starts
  }

  /// The index of the last shard that begins at or before `place`; 0 if there is no shard.
  private func shard(holding place: Int) -> Int {
    var (low, high) = (0, shardStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if shardStarts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }
}
