/// Finds the pieces of one word after the other, with memory that is used again.
struct WordMatcher {
  private let trie: PieceTrie
  private let unknownID: TokenID
  private let longestWord: Int
  /// The pieces of the word.
  private(set) var ids: [TokenID] = []
  /// The bytes of the word that each piece stands for.
  private(set) var lengths: [Int] = []
  private var lowercased: [UInt8] = []

  init(_ tokenizer: WordPieceTokenizer) {
    trie = tokenizer.trie
    unknownID = tokenizer.unknownID
    longestWord = tokenizer.rules.longestWord
  }

  /// Makes ``ids`` the pieces of the ASCII word `range` of `text`, in lower case if so asked.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>, lowercases: Bool) {
    guard lowercases else {
      match(text, range)
      return
    }
    lowercased.removeAll(keepingCapacity: true)
    for index in range {
      let byte = text[index]
      lowercased.append(65...90 ~= byte ? byte | 0x20 : byte)
    }
    let word = lowercased
    match(word.span, 0..<word.count)
  }

  /// Makes ``ids`` the pieces of the word `range` of `text`: at each place the longest, or one
  /// unknown token where there is none or the word is too long.
  mutating func match(_ text: Span<UInt8>, _ range: Range<Int>) {
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    if range.count <= longestWord || scalarCount(text, range) <= longestWord {
      var position = range.lowerBound
      var root = PieceTrie.beginning
      while position < range.upperBound,
        let piece = trie.longest(text, position, range.upperBound, root: root)
      {
        ids.append(piece.id)
        lengths.append(piece.end &- position)
        position = piece.end
        root = PieceTrie.continuation
      }
      if position == range.upperBound { return }
    }
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    ids.append(unknownID)
    lengths.append(range.count)
  }

  private func scalarCount(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
    var count = 0
    for index in range where text[index] & 0xC0 != 0x80 { count &+= 1 }
    return count
  }
}

/// A run of ASCII letters and digits, its first 16 bytes looked at eight at a time.
struct ASCIIWord {
  /// The number of bytes of the run.
  let count: Int
  private let low: UInt64
  private let high: UInt64

  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The run that begins at `start` of `text`.
  @inline(__always)
  init(_ text: Span<UInt8>, _ start: Int) {
    var (low, high): (UInt64, UInt64) = (0, 0)
    if start &+ 16 <= text.count {
      let bytes = unsafe text.bytes
      low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
      high = unsafe bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: start &+ 8, as: UInt64.self)
      (low, high) = (UInt64(littleEndian: low), UInt64(littleEndian: high))
    } else {
      for index in 0..<(text.count &- start) {
        let byte = UInt64(text[start &+ index]) &<< UInt64(truncatingIfNeeded: 8 &* (index & 7))
        if index < 8 { low |= byte } else { high |= byte }
      }
    }
    let lowEnd = Self.tops & ~Self.wordBytes(low)
    if lowEnd != 0 {
      count = lowEnd.trailingZeroBitCount &>> 3
      self.low = low & ~(~0 &<< UInt64(truncatingIfNeeded: 8 &* count))
      self.high = 0
      return
    }
    self.low = low
    let highEnd = Self.tops & ~Self.wordBytes(high)
    if highEnd != 0 {
      let highCount = highEnd.trailingZeroBitCount &>> 3
      count = 8 &+ highCount
      self.high = high & ~(~0 &<< UInt64(truncatingIfNeeded: 8 &* highCount))
      return
    }
    self.high = high
    var end = start &+ 16
    while end < text.count, Self.isWord(text[end]) { end &+= 1 }
    count = end &- start
  }

  /// The key of a run of at most 15 bytes.
  @inline(__always)
  func key(lowercases: Bool) -> WordCache.Key {
    var (low, high) = (low, high)
    if lowercases {
      low |= Self.inRange(low, 0x41, 0x5A) &>> 2
      high |= Self.inRange(high, 0x41, 0x5A) &>> 2
    }
    return WordCache.Key(low: low, high: high | UInt64(truncatingIfNeeded: count) &<< 56)
  }

  /// The top bit of each byte that is a letter or a digit.
  @inline(__always)
  private static func wordBytes(_ bytes: UInt64) -> UInt64 {
    inRange(bytes | 0x20 &* ones, 0x61, 0x7A) | inRange(bytes, 0x30, 0x39)
  }

  /// The top bit of each byte between two, which are ASCII.
  @inline(__always)
  private static func inRange(_ bytes: UInt64, _ first: UInt64, _ last: UInt64) -> UInt64 {
    let sevenBits = bytes & ~tops
    let isAtLeast = sevenBits &+ (0x80 &- first) &* ones
    let isMore = sevenBits &+ (0x7F &- last) &* ones
    return isAtLeast & ~isMore & ~bytes & tops
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
  }
}
