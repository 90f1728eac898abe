import CICU
import Synchronization

/// The scalars of the general categories Mn, Mc and Me.
enum Marks {
  private static let known = Mutex<[UnicodeVersion: ScalarTable<Bool>]>([:])

  /// The scalars that became marks, or no marks any more, with the version that changed them.
  private static let changed:
    [(scalars: ClosedRange<UInt32>, isMark: Bool, since: UnicodeVersion)] =
      [(0x1CF2...0x1CF3, false, UnicodeVersion(12)), (0x111C9...0x111C9, true, UnicodeVersion(11))]

  /// The marks that `version` or an older one assigned.
  static func of(_ version: UnicodeVersion) -> ScalarTable<Bool> {
    let version = min(version, .icu)
    return known.withLock { known in
      if let marks = known[version] { return marks }
      let marks = ScalarTable { scalar in
        for change in changed where change.scalars.contains(scalar) && version < change.since {
          return !change.isMark
        }
        return icu_is_mark(Int32(bitPattern: scalar)) != 0
          && UnicodeVersion.age(of: scalar).map { $0 <= version } ?? false
      }
      known[version] = marks
      return marks
    }
  }
}

/// The steps of normalisation that look at one scalar at a time.
enum CaseMapping {
  /// Appends `text` in lower case: the full mapping of every scalar by the standard library, as
  /// Rust's `char::to_lowercase`, so that a final sigma is like any other.
  static func lowercase(_ text: Span<UInt8>, into output: inout NormalizedText) {
    mapScalars(text, into: &output) { scalar in
      if scalar.value < 0x80 {
        let isUpper = UInt32(65)...90 ~= scalar.value
        return isUpper ? String(Unicode.Scalar(UInt8(scalar.value) | 0x20)).utf8 : nil
      }
      let properties = scalar.properties
      return properties.changesWhenLowercased ? properties.lowercaseMapping.utf8 : nil
    }
  }

  /// Appends `text` without the scalars of `marks`.
  static func strip(
    _ marks: ScalarTable<Bool>, from text: Span<UInt8>, into output: inout NormalizedText
  ) {
    mapScalars(text, into: &output) { scalar in
      scalar.value >= 0x80 && marks[scalar.value] ? EmptyCollection() : nil
    }
  }

  /// Appends `text` with each scalar replaced by what `change` gives for it, if not `nil`.
  @inline(__always)
  static func mapScalars(
    _ text: Span<UInt8>, into output: inout NormalizedText,
    _ change: (Unicode.Scalar) -> (some Collection<UInt8>)?
  ) {
    var position = 0
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if let scalar = Unicode.Scalar(value), let replacement = change(scalar) {
        output.copy(text, upTo: position)
        output.replace(length, by: replacement)
      }
      position += length
    }
    output.copy(text, upTo: text.count)
  }
}
