import CTokenizer

/// Where the pieces that were found at a time begin and end.
struct PieceBounds {
  static let capacity = 1024

  /// Starts, and from ``firstEnd`` on ends; a start is the end before where pieces adjoin.
  private var places = [Int](repeating: 0, count: 2 * capacity)
  private var firstEnd = 1
  private(set) var count = 0
  /// Whether the pieces are ASCII and taken in lower case.
  private(set) var isLowercased = false

  /// The piece with the number `index`.
  @inline(__always)
  func range(_ index: Int) -> Range<Int> { places[index]..<places[firstEnd &+ index] }

  /// The number of bytes from the first piece behind `done`, which there has to be, to the last.
  func byteCount(after done: Int) -> Int { places[firstEnd &+ count &- 1] &- places[done] }

  /// Makes the bounds those of pieces that adjoin, the first of which begins at `start`; `find`
  /// writes their ends, at most ``capacity``, and says how many they are.
  @inline(__always)
  mutating func set(from start: Int, _ find: (UnsafeMutableBufferPointer<Int>) -> Int) {
    (firstEnd, isLowercased) = (1, false)
    places[0] = start
    count = unsafe places.withUnsafeMutableBufferPointer {
      unsafe find(UnsafeMutableBufferPointer(rebasing: $0[1...Self.capacity]))
    }
  }

  /// Makes the bounds those of pieces that need not adjoin; `find` writes their starts and ends, at
  /// most ``capacity`` of each, and says how many they are.
  @inline(__always)
  mutating func set(
    isLowercased: Bool = false,
    _ find: (UnsafeMutableBufferPointer<Int>, UnsafeMutableBufferPointer<Int>) -> Int
  ) {
    (firstEnd, self.isLowercased) = (Self.capacity, isLowercased)
    count = unsafe places.withUnsafeMutableBufferPointer {
      unsafe find(
        UnsafeMutableBufferPointer(rebasing: $0[..<Self.capacity]),
        UnsafeMutableBufferPointer(rebasing: $0[Self.capacity...]))
    }
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
            piece_count: count - done, lowercased: isLowercased ? 1 : 0))
      }
    }
  }
}
