/// A sum in a tree over the numbers of its terms, which come in order.
///
/// Of n terms the first 2ᵏ, the largest power of 2 below n, and the rest are summed likewise, then
/// both are added. A partial sum waits until the one beside it is complete, so that of n terms at
/// most ⌊log₂ n⌋ + 1 wait at the same time.
package struct TreeSum<Term> {
  /// The partial sums, of 2^level terms each, levels descending.
  private var waiting: [(term: Term, level: Int)] = []
  /// Adds the second to the first, which has the smaller numbers.
  private let add: (Term, Term) -> Term

  package init(_ add: @escaping (Term, Term) -> Term) {
    self.add = add
  }

  /// The number of partial sums that wait.
  package var waitingCount: Int { waiting.count }

  /// Takes the next term.
  package mutating func append(_ term: Term) {
    waiting.append((term, 0))
    while waiting.count > 1,
      waiting[waiting.count - 1].level == waiting[waiting.count - 2].level
    {
      addLastTwo()
    }
  }

  /// The sum of all terms, behind which no other may come; `nil` if there are none.
  package mutating func finish() -> Term? {
    while waiting.count > 1 { addLastTwo() }
    return waiting.popLast()?.term
  }

  private mutating func addLastTwo() {
    guard let right = waiting.popLast(), let left = waiting.popLast() else { return }
    waiting.append((add(left.term, right.term), left.level + 1))
  }
}
