/// The frames expanded last, as many as fit a budget of bytes.
struct FrameCache {
  private struct Entry {
    let frame: Int
    let bytes: [UInt8]
    var lastUse: Int
  }

  private let byteBudget: Int
  private var entries: [Entry] = []
  private var entryOfFrame: [Int: Int] = [:]
  private var byteCount = 0
  private var clock = 0

  init(byteBudget: Int) {
    self.byteBudget = byteBudget
  }

  /// The bytes of `frame`, from `read` where they are not in the cache.
  mutating func bytes(ofFrame frame: Int, orRead read: () throws -> [UInt8]) rethrows -> [UInt8] {
    clock += 1
    if let index = entryOfFrame[frame] {
      entries[index].lastUse = clock
      return entries[index].bytes
    }
    let bytes = try read()
    insert(Entry(frame: frame, bytes: bytes, lastUse: clock))
    return bytes
  }

  private mutating func insert(_ entry: Entry) {
    while byteCount + entry.bytes.count > byteBudget, !entries.isEmpty { removeOldest() }
    entryOfFrame[entry.frame] = entries.count
    entries.append(entry)
    byteCount += entry.bytes.count
  }

  private mutating func removeOldest() {
    guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse })
    else { return }
    byteCount -= entries[oldest].bytes.count
    entryOfFrame[entries[oldest].frame] = nil
    entries.swapAt(oldest, entries.count - 1)
    entries.removeLast()
    if oldest < entries.count { entryOfFrame[entries[oldest].frame] = oldest }
  }
}
