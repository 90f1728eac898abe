/// The steps of normalisation that look at one scalar at a time.
enum CaseMapping {
  /// Appends `text` in lower case: the full mapping of every scalar by the standard library, as
  /// Rust's `char::to_lowercase`, so that a final sigma is like any other.
  static func lowercase(_ text: Span<UInt8>, into output: inout NormalizedText) {
    mapScalars(text, into: &output) { scalar in
      if scalar.value < 0x80 {
        let isUpper = UInt32(65)...90 ~= scalar.value
        return isUpper ? [UInt8(truncatingIfNeeded: scalar.value) + 32] : nil
      }
      let properties = scalar.properties
      return properties.changesWhenLowercased ? Array(properties.lowercaseMapping.utf8) : nil
    }
  }

  /// Appends `text` without marks.
  static func stripMarks(_ text: Span<UInt8>, into output: inout NormalizedText) {
    let table = CharacterTable.shared
    mapScalars(text, into: &output) { scalar in
      scalar.value >= 0x80 && table.isMark(scalar.value) ? [] : nil
    }
  }

  /// Appends `text` with each scalar replaced by what `change` gives for it, if not `nil`.
  private static func mapScalars(
    _ text: Span<UInt8>, into output: inout NormalizedText,
    _ change: (Unicode.Scalar) -> [UInt8]?
  ) {
    var (copied, position) = (0, 0)
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if let scalar = Unicode.Scalar(value), let replacement = change(scalar) {
        output.copy(text.extracting(copied..<position))
        output.replace(length, by: replacement)
        copied = position + length
      }
      position += length
    }
    output.copy(text.extracting(copied..<text.count))
  }
}
