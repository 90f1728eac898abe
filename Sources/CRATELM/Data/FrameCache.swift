/// A cache of the frames expanded last, within a budget of bytes or one frame.
struct FrameCache {
  private let byteBudget: Int
  /// The frames, the last used at the end.
  private var entries: [(frame: Int, bytes: [UInt8])] = []
  private var byteCount = 0

  init(byteBudget: Int) {
    self.byteBudget = byteBudget
  }

  /// The bytes of `frame`, from `read` if they are not in the cache.
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
