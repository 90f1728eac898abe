/// The frames expanded last, as many as fit a budget of bytes.
struct FrameCache {
  private let byteBudget: Int
  /// The frame used last at the end.
  private var entries: [(frame: Int, bytes: [UInt8])] = []
  private var byteCount = 0

  init(byteBudget: Int) {
    self.byteBudget = byteBudget
  }

  /// The bytes of `frame`, from `read` where they are not in the cache.
  mutating func bytes(ofFrame frame: Int, orRead read: () throws -> [UInt8]) rethrows -> [UInt8] {
    if let index = entries.lastIndex(where: { $0.frame == frame }) {
      entries.append(entries.remove(at: index))
    } else {
      let bytes = try read()
      while byteCount + bytes.count > byteBudget, !entries.isEmpty {
        byteCount -= entries.removeFirst().bytes.count
      }
      entries.append((frame, bytes))
      byteCount += bytes.count
    }
    return entries[entries.count - 1].bytes
  }
}
