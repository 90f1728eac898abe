/// What BERT's normaliser and splitter make of every scalar.
struct BertCharacterTable: Sendable {
  /// The only table there is, made at its first use from ``BertTables``.
  static let shared = BertCharacterTable()

  /// The kinds of scalars; one can be of several.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt8

    /// Removed when text is cleaned.
    static let removed = Flags(rawValue: 1)
    /// Parts words.
    static let whiteSpace = Flags(rawValue: 2)
    /// A word of its own.
    static let punctuation = Flags(rawValue: 4)
    /// Put between spaces.
    static let chinese = Flags(rawValue: 8)
    /// Removed with the accents.
    static let nonspacingMark = Flags(rawValue: 16)
  }

  private let flags: ScalarTable<UInt8>

  private init() {
    var all = [UInt8](repeating: 0, count: 0x110000)
    let tables: [(ranges: [UInt32], flag: Flags)] = [
      (BertTables.removed, .removed), (BertTables.whiteSpace, .whiteSpace),
      (BertTables.punctuation, .punctuation), (BertTables.chinese, .chinese),
      (BertTables.nonspacingMarks, .nonspacingMark),
    ]
    for (ranges, flag) in tables {
      for index in stride(from: 0, to: ranges.count - 1, by: 2) {
        for scalar in ranges[index]...ranges[index + 1] { all[Int(scalar)] |= flag.rawValue }
      }
    }
    flags = ScalarTable { all[Int($0)] }
  }

  /// The kinds that `scalar` is of.
  @inline(__always)
  subscript(scalar: UInt32) -> Flags {
    // The table leaves the private planes out; but for two noncharacters each they are alike.
    if scalar >= 0xF0000 { return scalar & 0xFFFF < 0xFFFE ? .removed : [] }
    return Flags(rawValue: flags[scalar])
  }
}
