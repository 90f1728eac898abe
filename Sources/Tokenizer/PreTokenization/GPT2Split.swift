/// Splits text as GPT-2 does, by a scanner.
///
/// The pieces are the matches of its regular expression:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// Source: `encoder.py` of openai/gpt-2.
struct GPT2Split: Sendable {
  private let table = CharacterTable.shared
  /// The class of each ASCII character.
  private let asciiClasses: [UInt8]

  init() {
    let table = CharacterTable.shared
    asciiClasses = (UInt32(0)..<256).map { $0 < 128 ? table.splitClass($0) : 255 }
  }

  /// Where the piece that begins at `start` ends; `text` is UTF-8 and `start` inside it.
  @inline(__always)
  func pieceEnd(in text: Span<UInt8>, from start: Int) -> Int {
    let (first, length) = classAndLength(in: text, at: start)
    if first == CharacterClass.space.rawValue {
      let next = start &+ length
      if text[start] == 0x20, next < text.count {
        let (second, secondLength) = classAndLength(in: text, at: next)
        if second != CharacterClass.space.rawValue {
          return runEnd(of: second, in: text, from: next &+ secondLength)
        }
      }
      return whitespaceEnd(in: text, start: start, next: next)
    }
    if text[start] == UInt8(ascii: "'"), let end = contractionEnd(in: text, from: start) {
      return end
    }
    return runEnd(of: first, in: text, from: start &+ length)
  }

  /// The longest prefix of `text` after which a cut leaves the pieces as they are, whatever
  /// follows; `nil` where there is none but the empty one.
  ///
  /// A white space that follows another character always begins a piece, and nothing before it
  /// depends on what comes after. `isSolid` says whether a character, when normalised, is there
  /// and no white space. Only cuts after `start` are looked for.
  func lastCut(
    in text: Span<UInt8>, after start: Int, isSolid: (Span<UInt8>) -> Bool
  ) -> Int? {
    var position = text.count - 1
    while position > start {
      let byte = text[position]
      if byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D {
        let previous = UTF8Scan.previousStart(in: text, before: position)
        let character = text.extracting(previous..<position)
        if !isSpace(in: text, at: previous), isSolid(character) { return position }
      }
      position -= 1
    }
    return nil
  }

  /// Whether the last character of `text` exists and is no white space.
  func endsSolid(_ text: Span<UInt8>) -> Bool {
    guard text.count > 0 else { return false }
    return !isSpace(in: text, at: UTF8Scan.previousStart(in: text, before: text.count))
  }

  private func isSpace(in text: Span<UInt8>, at position: Int) -> Bool {
    classAndLength(in: text, at: position).0 == CharacterClass.space.rawValue
  }

  /// The end of the run of characters of one class that goes on at `start`.
  @inline(__always)
  private func runEnd(of wanted: UInt8, in text: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position < text.count {
      let asciiClass = asciiClasses[Int(text[position])]
      if asciiClass == wanted {
        position &+= 1
      } else if asciiClass == 255 {
        let (value, length) = UTF8Scan.scalar(in: text, at: position)
        if table.splitClass(value) != wanted { break }
        position &+= length
      } else {
        break
      }
    }
    return position
  }

  /// The end of a piece of white space that begins at `start` and goes on at `next`: a run keeps
  /// its last character for what follows, if anything does and the run has another.
  private func whitespaceEnd(in text: Span<UInt8>, start: Int, next: Int) -> Int {
    var (last, end) = (start, next)
    while end < text.count {
      let (found, length) = classAndLength(in: text, at: end)
      if found != CharacterClass.space.rawValue { return last == start ? end : last }
      (last, end) = (end, end + length)
    }
    return end
  }

  /// The end of the contraction whose apostrophe is at `start`.
  private func contractionEnd(in text: Span<UInt8>, from start: Int) -> Int? {
    guard start &+ 1 < text.count else { return nil }
    switch text[start &+ 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start &+ 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start &+ 2 < text.count && text[start &+ 2] == UInt8(ascii: "e") ? start &+ 3 : nil
    case UInt8(ascii: "l"):
      return start &+ 2 < text.count && text[start &+ 2] == UInt8(ascii: "l") ? start &+ 3 : nil
    default:
      return nil
    }
  }

  @inline(__always)
  private func classAndLength(in text: Span<UInt8>, at position: Int) -> (UInt8, Int) {
    let asciiClass = asciiClasses[Int(text[position])]
    if asciiClass != 255 { return (asciiClass, 1) }
    let (value, length) = UTF8Scan.scalar(in: text, at: position)
    return (table.splitClass(value), length)
  }
}
