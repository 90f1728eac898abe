/// The word characters of Unicode's regular expressions (UTS 18, annex C).
enum WordCharacters {
  private static let table = ScalarTable { value in
    // The library knows those of Unicode 16.0, the standard library also later ones.
    guard let properties = Unicode.Scalar(value)?.properties, let age = properties.age,
      age.major <= 16
    else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  /// Whether `scalar` is one.
  static func contains(_ scalar: UInt32) -> Bool { table[scalar] }
}
