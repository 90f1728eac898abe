/// A sum of terms that come in order, added in a tree over their indices.
///
/// The first 2ᵏ of n terms, the largest power of 2 below n, and the rest are each summed as a tree,
/// then both sums are added. A partial sum waits until its neighbour is complete; at most
/// ⌊log₂ n⌋ + 1 wait at a time.
package struct TreeSum<Term> {
  /// The partial sums, of 2^level terms each, levels descending.
  private var waiting: [(term: Term, level: Int)] = []
  /// Adds the second term to the first, which has the smaller indices.
  private let add: (Term, Term) -> Term

  package init(_ add: @escaping (Term, Term) -> Term) {
    self.add = add
  }

  /// The number of waiting partial sums.
  package var waitingCount: Int { waiting.count }

  /// Adds the next term.
  package mutating func append(_ term: Term) {
    waiting.append((term, 0))
    while waiting.count > 1,
      waiting[waiting.count - 1].level == waiting[waiting.count - 2].level
    {
      addLastTwo()
    }
  }

  /// Returns the sum of all terms and begins anew; `nil` if there are none.
  package mutating func finish() -> Term? {
    while waiting.count > 1 { addLastTwo() }
    return waiting.popLast()?.term
  }

  private mutating func addLastTwo() {
    guard let right = waiting.popLast(), let left = waiting.popLast() else { return }
    waiting.append((add(left.term, right.term), left.level + 1))
  }
}
