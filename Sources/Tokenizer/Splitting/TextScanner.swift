/// Reads the classes of characters out of text that is UTF-8.
struct TextScanner: Sendable {
  let table = CharacterTable.shared
  /// The class of each ASCII character; 255 for bytes beyond.
  private let asciiClasses: [UInt8]

  init() {
    let table = CharacterTable.shared
    asciiClasses = (UInt32(0)..<256).map { $0 < 128 ? table[$0] : 255 }
  }

  /// The class of the character that begins at `position`, and where it ends.
  @inline(__always)
  func character(
    in text: Span<UInt8>, at position: Int
  ) -> (characterClass: CharacterClass, end: Int) {
    var value = asciiClasses[Int(text[position])]
    var length = 1
    if value == 255 {
      let scalar = UTF8Scan.scalar(in: text, at: position)
      value = table[scalar.value]
      length = scalar.length
    }
    return (CharacterClass(rawValue: value) ?? .other, position &+ length)
  }

  /// The end of the run of characters from `start` on whose classes `belongs` takes.
  @inline(__always)
  func runEnd(
    in text: Span<UInt8>, from start: Int, where belongs: (CharacterClass) -> Bool
  ) -> Int {
    var position = start
    while position < text.count {
      let (characterClass, end) = character(in: text, at: position)
      if !belongs(characterClass) { break }
      position = end
    }
    return position
  }

  /// Whether the character that begins at `position` is white space.
  func isSpace(in text: Span<UInt8>, at position: Int) -> Bool {
    character(in: text, at: position).characterClass == .space
  }
}

extension CharacterClass {
  /// Whether the general category is L.
  @inline(__always)
  var isLetter: Bool { self == .letter || self == .lower || self == .upper }

  /// Whether a character is neither white space nor of the general categories L and N.
  @inline(__always)
  var isOther: Bool { self == .other || self == .mark }

  /// Whether the class is one of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
  @inline(__always)
  var mayBeUpper: Bool { self == .upper || isCaseless }

  /// Whether the class is one of `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  @inline(__always)
  var mayBeLower: Bool { self == .lower || isCaseless }

  /// Whether the class is one of `[\p{Lm}\p{Lo}\p{M}]`.
  @inline(__always)
  var isCaseless: Bool { self == .letter || self == .mark }
}
