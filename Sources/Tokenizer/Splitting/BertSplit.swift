/// Splits text at white space and around punctuation, as `BertPreTokenizer` of `tokenizers` does.
struct BertSplit: PieceFinder {
  /// What an ASCII byte is to a splitter that may also have to normalise.
  enum ByteClass {
    /// A letter or digit.
    static let word: UInt8 = 0
    /// White space, before and after cleaning.
    static let space: UInt8 = 1
    /// A word of its own.
    static let punctuation: UInt8 = 2
    /// A control character or a part of a longer scalar.
    static let other: UInt8 = 3
  }

  /// The class of each byte.
  let byteClasses: [UInt8] = (UInt8.min...UInt8.max).map { byte in
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: ByteClass.word
    case 0x20, 0x0A, 0x09, 0x0D: ByteClass.space
    case 0x21...0x7E: ByteClass.punctuation
    default: ByteClass.other
    }
  }
  private let table = BertCharacterTable.shared

  /// The first word of `text` at or after `position`, which moves behind it.
  @inline(__always)
  func next(in text: Span<UInt8>, from position: inout Int) -> Range<Int>? {
    var start = position
    while start < text.count {
      let (flags, length) = flagsAndLength(in: text, at: start)
      if flags.contains(.whiteSpace) {
        start &+= length
        continue
      }
      var end = start &+ length
      if !flags.contains(.punctuation) {
        while end < text.count {
          let (flags, length) = flagsAndLength(in: text, at: end)
          if flags.contains(.punctuation) || flags.contains(.whiteSpace) { break }
          end &+= length
        }
      }
      position = end
      return start..<end
    }
    position = start
    return nil
  }

  @inline(__always)
  func find(in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds) -> Int {
    var position = start
    bounds.removeAll()
    while bounds.count < PieceBounds.capacity, let word = next(in: text, from: &position) {
      bounds.append(word)
    }
    return position
  }

  /// Nothing depends on what is on the other side of a white space.
  func lastCut(in text: Span<UInt8>, after start: Int, _ normalizer: Normalizer) -> Int? {
    var end = text.count
    while end > start, byteClasses[Int(text[end - 1])] != ByteClass.space { end -= 1 }
    return end > start ? end : nil
  }

  @inline(__always)
  private func flagsAndLength(
    in text: Span<UInt8>, at position: Int
  ) -> (BertCharacterTable.Flags, Int) {
    switch byteClasses[Int(text[position])] {
    case ByteClass.word: return ([], 1)
    case ByteClass.space: return (.whiteSpace, 1)
    case ByteClass.punctuation: return (.punctuation, 1)
    default:
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      return (table[value], length)
    }
  }
}
