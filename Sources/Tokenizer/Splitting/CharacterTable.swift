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

/// The class of every scalar in Unicode 16.0, whatever ICU is there: ids depend on it.
struct CharacterTable: Sendable {
  /// The only table there is, made at its first use from ``SplitTable``.
  static let shared = CharacterTable()

  private let classes: ScalarTable<UInt8>

  private init() {
    classes = ScalarTable(
      runs: SplitTable.runs, valueBits: 3, rest: CharacterClass.other.rawValue)
  }

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
