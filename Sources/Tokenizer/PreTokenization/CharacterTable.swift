import CICU
import CTokenizer

/// What the split patterns ask about a character.
enum CharacterClass: UInt8 {
  /// General categories Lm and Lo.
  case letter
  /// General category N.
  case number
  /// The property White_Space.
  case space
  /// Anything else but a mark.
  case other
  /// General category M.
  case mark
  /// General categories Lu and Lt.
  case upper
  /// General category Ll.
  case lower
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
      // The numbers of `UCharCategory`: Lu 1, Ll 2, Lt 3, Lm 4, Lo 5, Mn 6 ... Mc 8, Nd 9 ... No 11.
      let characterClass: CharacterClass =
        switch categories[Int(scalar)] {
        case 1, 3: .upper
        case 2: .lower
        case 4, 5: .letter
        case 6...8: .mark
        case 9...11: .number
        default: icu_is_white_space(Int32(bitPattern: scalar)) != 0 ? .space : .other
        }
      return characterClass.rawValue
    }
  }

  /// Whether `scalar` has the general category M.
  func isMark(_ scalar: UInt32) -> Bool { classes[scalar] == CharacterClass.mark.rawValue }

  /// The class of `scalar`.
  @inline(__always)
  subscript(scalar: UInt32) -> UInt8 { classes[scalar] }

  /// What `body` makes of the table as the C loops read it.
  func withScalarClasses<Result>(_ body: (scalar_classes) -> Result) -> Result {
    unsafe classes.withStages { blockStarts, values in
      unsafe body(
        scalar_classes(block_starts: blockStarts.baseAddress, values: values.baseAddress))
    }
  }
}
