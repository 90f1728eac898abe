/// The pairs of a corpus, the most frequent first, of equally frequent ones that with the smaller
/// ids.
struct PairQueue {
  /// A pair as it was when it was put in the queue.
  struct Candidate: Comparable {
    let count: Int64
    let pair: Pair
    let list: Int32

    init(_ list: Int32, _ lists: borrowing PairLists) {
      self.list = list
      count = lists.count(list)
      pair = lists.pair(list)
    }

    static func < (left: Candidate, right: Candidate) -> Bool {
      left.count != right.count ? left.count > right.count : left.pair < right.pair
    }
  }

  private var heap = Heap<Candidate>()

  /// The next pair of `lists` to be merged; `nil` where none occurs `minimum` times.
  mutating func popMostFrequent(_ lists: inout PairLists, minimum: Int) -> Candidate? {
    for list in lists.takeChanged() where lists.count(list) > 0 {
      heap.push(Candidate(list, lists))
    }
    while let candidate = heap.popMinimum() {
      let count = lists.count(candidate.list)
      if count == candidate.count { return count >= minimum ? candidate : nil }
      // Other merges took some of its places.
      if count > 0 { heap.push(Candidate(candidate.list, lists)) }
    }
    return nil
  }
}

extension PairLists {
  /// Merges the most frequent pair again and again, until `vocabulary`, which gets the new tokens,
  /// has `size` of them or no pair occurs `minimum` times.
  ///
  /// A token has the bytes that `join` makes of those of its parts; where that is `nil`, the pair
  /// stays as it is.
  consuming func learnMerges(
    _ vocabulary: inout Vocabulary, size: Int, minimum: Int,
    progress: (TrainingProgress) -> Void, join: ([UInt8], [UInt8]) -> [UInt8]?
  ) -> [Merge] {
    let firstSize = vocabulary.size
    var merges: [Merge] = []
    var queue = PairQueue()
    while vocabulary.size < size,
      let next = queue.popMostFrequent(&self, minimum: max(1, minimum))
    {
      let (left, right) = (next.pair.left, next.pair.right)
      let parts = (vocabulary.bytes(of: left) ?? [], vocabulary.bytes(of: right) ?? [])
      guard let bytes = join(parts.0, parts.1) else { continue }
      let id = vocabulary.idOfAdded(bytes)
      merge(next.list, into: id)
      merges.append(Merge(left: left, right: right, result: id))
      progress(.merged(vocabulary.size - firstSize, limit: size - firstSize))
    }
    return merges
  }
}
