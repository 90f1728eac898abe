import CTokenizer

/// Where the pieces that were found at a time begin and end.
struct PieceBounds {
  static let capacity = 1024

  /// Starts, and from ``firstEnd`` on ends; a start is the end before where pieces adjoin.
  private var places = [Int](repeating: 0, count: 2 * capacity)
  private var firstEnd = 1
  private(set) var count = 0

  /// The piece with the number `index`.
  @inline(__always)
  func range(_ index: Int) -> Range<Int> { places[index]..<places[firstEnd &+ index] }

  /// Makes the bounds those of pieces that adjoin, the first of which begins at `start`; `find`
  /// writes their ends, at most ``capacity``, and says how many they are.
  @inline(__always)
  mutating func set(from start: Int, _ find: (UnsafeMutableBufferPointer<Int>) -> Int) {
    firstEnd = 1
    places[0] = start
    count = unsafe places.withUnsafeMutableBufferPointer {
      unsafe find(UnsafeMutableBufferPointer(rebasing: $0[1...Self.capacity]))
    }
  }

  /// Removes all bounds, to append those of pieces that need not adjoin.
  mutating func removeAll() {
    firstEnd = Self.capacity
    count = 0
  }

  /// Appends a piece; there has to be room.
  @inline(__always)
  mutating func append(_ range: Range<Int>) {
    places[count] = range.lowerBound
    places[Self.capacity &+ count] = range.upperBound
    count &+= 1
  }

  /// Makes the bounds those of the words that `bert_words` finds in `text` from `start` on; says
  /// where to go on and whether with a character that BERT may normalise.
  mutating func findWords(
    in text: Span<UInt8>, from start: Int
  ) -> (end: Int, isOther: Bool) {
    removeAll()
    let run = unsafe places.withUnsafeMutableBufferPointer { places in
      let starts = places.baseAddress
      let ends = unsafe starts.map { unsafe $0 + Self.capacity }
      return unsafe text.withUnsafeBufferPointer {
        unsafe bert_words($0.baseAddress, $0.count, start, starts, ends, Self.capacity)
      }
    }
    count = run.count
    return (run.end, run.is_other != 0)
  }

  /// What `body` makes of the pieces of `text` behind the first `done`.
  @inline(__always)
  func withPieces<Result>(
    of text: Span<UInt8>, after done: Int, _ body: (pieces) -> Result
  ) -> Result {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe places.withUnsafeBufferPointer { places in
        let starts = unsafe places.baseAddress.map { unsafe $0 + done }
        let ends = unsafe starts.map { unsafe $0 + firstEnd }
        return unsafe body(
          pieces(
            text: text.baseAddress, count: text.count, starts: starts, ends: ends,
            piece_count: count - done))
      }
    }
  }
}
