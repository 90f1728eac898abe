import CTokenizer

/// Splits text at white space and around punctuation, as `BertPreTokenizer` of `tokenizers` does.
struct BertSplit: PieceFinder {
  /// What an ASCII byte is to a splitter that may also have to normalise.
  private enum ByteClass {
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
  private let byteClasses: [UInt8] = (UInt8.min...UInt8.max).map { byte in
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: ByteClass.word
    case 0x20, 0x0A, 0x09, 0x0D: ByteClass.space
    case 0x21...0x7E: ByteClass.punctuation
    default: ByteClass.other
    }
  }
  private let table = BertCharacterTable.shared
  /// Whether words of ASCII letters and digits become lower case, where the normaliser does nothing
  /// else to them.
  private let lowercases: Bool?

  /// A splitter of text after `normalizer`.
  init(_ normalizer: Normalizer) {
    lowercases =
      switch normalizer.steps.first {
      case nil: false
      case .bert(let bert) where normalizer.steps.count == 1: bert.lowercases
      default: nil
      }
  }

  /// The first word of `text` at or after `position`, which moves behind it.
  @inline(__always)
  private func next(in text: Span<UInt8>, from position: inout Int) -> Range<Int>? {
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
    unsafe bounds.set { starts, ends in
      var count = 0
      while count < starts.count, let word = next(in: text, from: &position) {
        unsafe starts[count] = word.lowerBound
        unsafe ends[count] = word.upperBound
        count &+= 1
      }
      return count
    }
    return position
  }

  /// The words of ASCII up to one with a character that BERT may normalise.
  ///
  /// That one goes up to a white space, as nothing before it depends on what comes behind it, nor
  /// the other way round.
  func findEarly(
    in text: Span<UInt8>, from start: Int, _ bounds: inout PieceBounds
  ) -> Range<Int> {
    guard let lowercases else {
      unsafe bounds.set { _, _ in 0 }
      return start..<text.count
    }
    var run = word_run()
    unsafe bounds.set(isLowercased: lowercases) { starts, ends in
      run = unsafe text.withUnsafeBufferPointer {
        unsafe bert_words(
          $0.baseAddress, $0.count, start, starts.baseAddress, ends.baseAddress, starts.count)
      }
      return run.count
    }
    return run.end..<(run.is_other != 0 ? spaceBehind(run.end, in: text) : run.end)
  }

  /// The place at or after `start` of an ASCII white space behind which no other character that
  /// has to be normalised begins a word.
  private func spaceBehind(_ start: Int, in text: Span<UInt8>) -> Int {
    var (end, next) = (start, start)
    repeat {
      end = next
      while end < text.count, byteClasses[Int(text[end])] != ByteClass.space { end &+= 1 }
      next = end &+ 1
    } while next < text.count && byteClasses[Int(text[next])] == ByteClass.other
    return end
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
