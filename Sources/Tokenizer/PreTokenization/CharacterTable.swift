import CICU

/// What the split patterns ask about a character.
enum CharacterClass: UInt8 {
  /// General category L.
  case letter
  /// General category N.
  case number
  /// The property White_Space.
  case space
  /// Anything else but a mark.
  case other
  /// General category M.
  case mark
}

/// The class of every scalar, by the Unicode version of the ICU library.
struct CharacterTable: Sendable {
  /// The only table there is, made at its first use.
  static let shared = CharacterTable()

  private let classes: ScalarTable<UInt8>

  private init() {
    var categories = [UInt8](repeating: 0, count: 0x110000)
    unsafe categories.withUnsafeMutableBufferPointer {
      unsafe icu_general_categories($0.baseAddress)
    }
    classes = ScalarTable { scalar in
      // The numbers of `UCharCategory`: Lu 1 ... Lo 5, Mn 6 ... Mc 8, Nd 9 ... No 11.
      let characterClass: CharacterClass =
        switch categories[Int(scalar)] {
        case 1...5: .letter
        case 6...8: .mark
        case 9...11: .number
        default: icu_is_white_space(Int32(bitPattern: scalar)) != 0 ? .space : .other
        }
      return characterClass.rawValue
    }
  }

  /// Whether `scalar` has the general category M.
  func isMark(_ scalar: UInt32) -> Bool { classes[scalar] == CharacterClass.mark.rawValue }

  /// The class of `scalar`, marks among the others.
  @inline(__always)
  func splitClass(_ scalar: UInt32) -> UInt8 {
    min(classes[scalar], CharacterClass.other.rawValue)
  }
}
