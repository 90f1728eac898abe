/// The steps of normalisation that look at a text as a whole, as `tokenizers` does them.
enum TextEdits {
  /// Appends `text` with `prefix` before it, unless it is empty.
  static func prepend(
    _ prefix: [UInt8], to text: Span<UInt8>, into output: inout NormalizedText
  ) {
    guard text.count > 0 else { return }
    output.prepend(prefix, at: 0, of: text)
    output.copy(text, upTo: text.count)
  }

  /// Appends `text` without the white space at its beginning and its end, if so asked.
  static func strip(
    left: Bool, right: Bool, from text: Span<UInt8>, into output: inout NormalizedText
  ) {
    var (start, end) = (0, text.count)
    while left, start < end {
      let (value, length) = UTF8Scan.scalar(in: text, at: start)
      guard isSpace(value) else { break }
      start += length
    }
    while right, end > start {
      let last = UTF8Scan.previousStart(in: text, before: end)
      guard isSpace(UTF8Scan.scalar(in: text, at: last).value) else { break }
      end = last
    }
    if start > 0 { output.replace(start, by: EmptyCollection()) }
    output.copy(text, upTo: end)
    if end < text.count { output.replace(text.count - end, by: EmptyCollection()) }
  }

  /// Appends `text` with every byte as the character that stands for it in byte-level vocabularies.
  static func spellBytes(of text: Span<UInt8>, into output: inout NormalizedText) {
    spellBytes(of: text, 0..<text.count, into: &output)
  }

  /// As ``spellBytes(of:into:)`` for `range` of `text`, up to which it is dealt with.
  static func spellBytes(
    of text: Span<UInt8>, _ range: Range<Int>, into output: inout NormalizedText
  ) {
    let units = ByteAlphabet.units
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text[position]
      if byte < 128 {
        if !(33...126 ~= byte) {
          output.copy(text, upTo: position)
          output.replace(1, by: units[Int(byte)])
        }
        position += 1
        continue
      }
      let length = UTF8Scan.scalar(in: text, at: position).length
      output.copy(text, upTo: position)
      output.replace(
        length, by: ByteAlphabet.units(of: text.extracting(position..<position + length)))
      position += length
    }
    output.copy(text, upTo: range.upperBound)
  }

  private static func isSpace(_ scalar: UInt32) -> Bool {
    BertCharacterTable.shared[scalar].contains(.whiteSpace)
  }
}

/// The normalisation of neural machine translation in sentencepiece, as the normaliser `Nmt` of
/// `tokenizers` has it.
enum TranslationCleaning {
  /// Appends `text` without some controls, and with a space for some other characters.
  static func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    CaseMapping.mapScalars(text, into: &output) { scalar in
      isRemoved(scalar.value) ? [] : isSpace(scalar.value) ? [UInt8(ascii: " ")] : nil
    }
  }

  private static func isRemoved(_ value: UInt32) -> Bool {
    switch value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
    default: false
    }
  }

  private static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      true
    default: false
    }
  }
}
