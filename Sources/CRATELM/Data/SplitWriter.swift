import Storage

/// Writes the shards of one split, one after the other.
final class SplitWriter {
  /// The counts so far; complete after ``finish()``.
  private(set) var totals = DataManifest.Totals()
  /// The SHA-256 of each complete shard.
  private(set) var fingerprints: [Fingerprint] = []

  private let tokensPerShard: Int
  private let makeShard: (_ index: Int) throws -> ShardWriter
  private var shard: ShardWriter?
  private var startsDocument = false

  /// A writer of shards of `tokensPerShard` tokens; `makeShard` begins one.
  init(tokensPerShard: Int, makeShard: @escaping (_ index: Int) throws -> ShardWriter) {
    self.tokensPerShard = tokensPerShard
    self.makeShard = makeShard
  }

  /// Records that the next token begins a document or, after a cut, the rest of one.
  func startDocument(afterCut: Bool) {
    startsDocument = true
    if !afterCut { totals.documents += 1 }
  }

  /// Appends `ids`, made from `byteCount` bytes of text; they spell `spelledByteCount` bytes.
  func append(_ ids: ArraySlice<Int32>, byteCount: Int, spelledByteCount: Int) throws {
    var rest = ids
    while !rest.isEmpty {
      let shard = try currentShard()
      if startsDocument {
        shard.startDocument()
        startsDocument = false
      }
      let room = tokensPerShard - shard.tokenCount
      try shard.append(rest.prefix(room))
      rest = rest.dropFirst(room)
    }
    totals.tokens += ids.count
    totals.bytes += byteCount
    totals.spelledBytes += spelledByteCount
  }

  /// Completes the last shard.
  func finish() throws {
    guard let shard else { return }
    totals.shardTokens.append(shard.tokenCount)
    fingerprints.append(try shard.finish())
    self.shard = nil
  }

  private func currentShard() throws -> ShardWriter {
    if let shard, shard.tokenCount == tokensPerShard { try finish() }
    if let shard { return shard }
    let next = try makeShard(totals.shardTokens.count)
    shard = next
    return next
  }
}
