import CICU

/// One normalisation form, applied by ICU where a table does not show that nothing changes.
///
/// A scalar is stable if the form leaves it alone and never joins it to what stands before. Text
/// of stable scalars is copied. Around any other, the span from the stable scalar before it to
/// the next stable scalar is independent of the rest and goes through ICU, which works on UTF-16.
@safe struct ICUNormalizer: Sendable {
  static let nfc = ICUNormalizer(form: Int32(icu_nfc))
  static let nfd = ICUNormalizer(form: Int32(icu_nfd))
  static let nfkc = ICUNormalizer(form: Int32(icu_nfkc))
  static let nfkd = ICUNormalizer(form: Int32(icu_nfkd))

  private let form: Int32
  private let isStable: ScalarTable<Bool>

  private init(form: Int32) {
    self.form = form
    isStable = ScalarTable { icu_is_stable(form, Int32(bitPattern: $0)) != 0 }
  }

  /// Appends the normal form of `text`, known to be UTF-8.
  func normalize(_ text: Span<UInt8>, into output: inout NormalizedText) {
    var copied = 0
    var previous = 0
    var position = 0
    while position < text.count {
      if text[position] < 0x80 {
        previous = position
        position &+= 1
        continue
      }
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if isStable[value] {
        previous = position
        position &+= length
        continue
      }
      let end = nextStable(in: text, from: position + length)
      output.copy(text.extracting(copied..<previous))
      let span = text.extracting(previous..<end)
      let replacement = normalizedSpan(span)
      if replacement.elementsEqual(Array(copying: span)) {
        output.copy(span)
      } else {
        output.replace(span.count, by: replacement)
      }
      (copied, previous, position) = (end, end, end)
    }
    output.copy(text.extracting(copied..<text.count))
  }

  /// Where the first stable scalar at or after `start` begins.
  private func nextStable(in text: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if isStable[value] { break }
      position += length
    }
    return position
  }

  private func normalizedSpan(_ span: Span<UInt8>) -> [UInt8] {
    let source = utf16(span)
    var target = [UInt16](repeating: 0, count: source.count + 16)
    // A first call without room says how much it needs.
    for _ in 0..<2 {
      let length = Int(icuNormalize(source, into: &target))
      if 0...target.count ~= length {
        return Array(String(decoding: target[..<length], as: UTF16.self).utf8)
      }
      guard length > 0 else { break }
      target = [UInt16](repeating: 0, count: length)
    }
    // ICU failed, for want of memory or for a span of 2³¹ units: the text stays as it is.
    return Array(copying: span)
  }

  private func icuNormalize(_ source: [UInt16], into target: inout [UInt16]) -> Int32 {
    guard let normalizer = unsafe icu_normalizer(form),
      let length = Int32(exactly: source.count), let capacity = Int32(exactly: target.count)
    else { return -1 }
    return unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        unsafe icu_normalize(
          normalizer, source.baseAddress, length, target.baseAddress, capacity)
      }
    }
  }

  /// The span as UTF-16, long runs of marks in canonical order.
  ///
  /// ICU orders marks by insertion, which takes quadratic time; in order already, they take
  /// linear time. Canonical order does not change what the normal form is.
  private func utf16(_ span: Span<UInt8>) -> [UInt16] {
    var scalars: [UInt32] = []
    var position = 0
    while position < span.count {
      let (value, length) = UTF8Scan.scalar(in: span, at: position)
      scalars.append(value)
      position += length
    }
    if scalars.count > Self.longestUnorderedRun { Self.orderMarks(&scalars) }
    var units: [UInt16] = []
    units.reserveCapacity(scalars.count)
    for value in scalars {
      if value < 0x10000 {
        units.append(UInt16(truncatingIfNeeded: value))
      } else {
        units.append(UInt16(truncatingIfNeeded: 0xD7C0 + (value >> 10)))
        units.append(UInt16(truncatingIfNeeded: 0xDC00 | (value & 0x3FF)))
      }
    }
    return units
  }

  private static let longestUnorderedRun = 32

  /// Sorts every run of scalars with a combining class, stably, by that class.
  private static func orderMarks(_ scalars: inout [UInt32]) {
    var start = 0
    while start < scalars.count {
      var end = start
      var classes: [UInt8] = []
      while end < scalars.count {
        let combiningClass = icu_combining_class(Int32(bitPattern: scalars[end]))
        if combiningClass == 0 { break }
        classes.append(combiningClass)
        end += 1
      }
      let order = classes.indices.sorted { (classes[$0], $0) < (classes[$1], $1) }
      let run = Array(scalars[start..<end])
      for (offset, source) in order.enumerated() { scalars[start + offset] = run[source] }
      start = end + 1
    }
  }
}
