import Dispatch

/// Counts the pieces of texts on several threads; what is counted does not depend on how many.
struct ParallelCounter {
  /// Text that a thread counts at a time; less would leave threads waiting for each other.
  private static let byteCountPerThread = 1 << 21

  private let splitter: PieceSplitter
  private let normalizer: Normalizer
  private var counters: [PieceCounter]
  /// Texts that are not counted yet, one after the other, and where each ends.
  private var texts: [UInt8] = []
  private var ends: [Int] = []

  init(_ splitter: PieceSplitter, _ normalizer: Normalizer, threadCount: Int) {
    self.splitter = splitter
    self.normalizer = normalizer
    counters = Array(repeating: PieceCounter(), count: threadCount)
  }

  /// Adds a text, which is UTF-8; no piece goes on in the next.
  mutating func add(_ text: ArraySlice<UInt8>) {
    if text.isEmpty { return }
    texts.append(contentsOf: text)
    ends.append(texts.count)
    if texts.count >= counters.count * Self.byteCountPerThread { countTexts() }
  }

  /// The counts of all texts so far.
  mutating func counted() -> PieceCounter {
    countTexts()
    for index in counters.indices.dropFirst() {
      counters[0].add(counters[index])
      counters[index] = PieceCounter()
    }
    return counters[0]
  }

  /// Forgets all texts.
  mutating func removeAll() {
    counters = Array(repeating: PieceCounter(), count: counters.count)
  }

  private mutating func countTexts() {
    let (texts, shares) = (texts, shares())
    let (splitter, normalizer) = (splitter, normalizer)
    unsafe counters.withUnsafeMutableBufferPointer { buffer in
      let counters = unsafe Counters(counters: buffer)
      DispatchQueue.concurrentPerform(iterations: shares.count) { thread in
        for range in shares[thread] {
          let text = texts.span.extracting(range)
          if normalizer.steps.isEmpty {
            splitter.forEachPiece(in: text) { unsafe counters.counters[thread].add(text, $0) }
          } else {
            let normalized = normalizer.normalized(text)
            let text = normalized.span
            splitter.forEachPiece(in: text) { unsafe counters.counters[thread].add(text, $0) }
          }
        }
      }
    }
    self.texts.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Texts for each thread, with about the same number of bytes.
  private func shares() -> [[Range<Int>]] {
    var shares = [[Range<Int>]](repeating: [], count: counters.count)
    var start = 0
    for end in ends {
      let thread = min(start * counters.count / max(texts.count, 1), counters.count - 1)
      shares[thread].append(start..<end)
      start = end
    }
    return shares
  }

  /// The counters, of which each thread uses one of its own.
  @safe private struct Counters: @unchecked Sendable {
    let counters: UnsafeMutableBufferPointer<PieceCounter>
  }
}
