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
