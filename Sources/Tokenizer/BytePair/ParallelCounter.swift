import Dispatch
import Synchronization

/// Finds the pieces of text that are counted.
protocol PieceFinder: Sendable {
  /// Calls `body` with the range of every piece of `text`, which is UTF-8.
  func forEachPiece(in text: Span<UInt8>, _ body: (Range<Int>) -> Void)
}

/// Counts the pieces of texts on several threads; what is counted does not depend on how many.
struct ParallelCounter<Finder: PieceFinder> {
  /// Text that a thread counts at a time; less would leave threads waiting for each other.
  private static var byteCountPerThread: Int { 1 << 21 }

  private let finder: Finder
  private let normalizer: Normalizer
  private var counters: [PieceCounter]
  /// Texts that are not counted yet, one after the other, and where each ends.
  private var texts: [UInt8] = []
  private var ends: [Int] = []

  init(_ finder: Finder, _ normalizer: Normalizer, threadCount: Int) {
    self.finder = finder
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
    let (texts, ends) = (texts, ends)
    let (finder, normalizer) = (finder, normalizer)
    let next = Atomic(0)
    unsafe counters.withUnsafeMutableBufferPointer { buffer in
      let counters = unsafe Counters(counters: buffer)
      DispatchQueue.concurrentPerform(iterations: buffer.count) { thread in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < ends.count else { return }
          let start = index == 0 ? 0 : ends[index - 1]
          let text = texts.span.extracting(start..<ends[index])
          if normalizer.steps.isEmpty {
            finder.forEachPiece(in: text) { unsafe counters.counters[thread].add(text, $0) }
          } else {
            let normalized = normalizer.normalized(text)
            let text = normalized.span
            finder.forEachPiece(in: text) { unsafe counters.counters[thread].add(text, $0) }
          }
        }
      }
    }
    self.texts.removeAll(keepingCapacity: true)
    self.ends.removeAll(keepingCapacity: true)
  }

  /// The counters, of which each thread uses one of its own.
  @safe private struct Counters: @unchecked Sendable {
    let counters: UnsafeMutableBufferPointer<PieceCounter>
  }
}
