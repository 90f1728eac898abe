import CICU
import Synchronization

/// One normalisation form, applied by ICU where a table does not show that nothing changes.
///
/// A scalar is stable if the form leaves it alone and never joins it to what stands before. Text
/// of stable scalars is copied. Around any other, the span from the stable scalar before it to
/// the next stable scalar is independent of the rest and goes through ICU, which works on UTF-16.
///
/// Scalars that came later than a version of Unicode can be left alone. As what a version assigned
/// is never normalised in another way by later ones, that is the form as it was in that version.
@safe final class ICUNormalizer: Sendable {
  /// A normalisation form, with its number in ICU's wrapper.
  enum Form: Int32 {
    case nfc = 0
    case nfd
    case nfkc
    case nfkd

    /// Whether the form composes.
    var composes: Bool { self == .nfc || self == .nfkc }
  }

  private struct Key: Hashable {
    let form: Form
    let version: UnicodeVersion
  }

  /// The normalisers in use; each takes a table, and ICU's part of it is never freed.
  private static let known = Mutex<[Key: ICUNormalizer]>([:])

  /// The normaliser `form` for the scalars that `version` or an older one assigned.
  static func of(_ form: Form, _ version: UnicodeVersion) -> ICUNormalizer {
    let key = Key(form: form, version: min(version, .icu))
    return known.withLock { known in
      if let normalizer = known[key] { return normalizer }
      let normalizer = ICUNormalizer(key)
      known[key] = normalizer
      return normalizer
    }
  }

  let form: Form
  /// ICU's normaliser; `nil` where it could not be made, for want of memory or of ICU's data.
  nonisolated(unsafe) private let handle: OpaquePointer?
  /// Whether the form leaves a scalar alone and never joins it to what stands before it.
  let isStable: ScalarTable<Bool>

  private init(_ key: Key) {
    form = key.form
    let isFiltered = key.version < .icu
    let number = key.form.rawValue
    unsafe handle =
      isFiltered
      ? icu_filtered_normalizer(number, Int32(key.version.major), Int32(key.version.minor))
      : icu_normalizer(number)
    isStable = ScalarTable { scalar in
      if icu_is_stable(number, Int32(bitPattern: scalar)) != 0 { return true }
      guard isFiltered else { return false }
      return UnicodeVersion.age(of: scalar).map { key.version < $0 } ?? true
    }
  }

  // MARK: What the form makes of single scalars

  /// The canonical combining class of `scalar`.
  private func combiningClass(of scalar: Unicode.Scalar) -> UInt8 {
    guard let handle = unsafe handle else { return 0 }
    return unsafe icu_combining_class(handle, Int32(scalar.value))
  }

  /// A scalar of a decomposition.
  struct Element {
    var scalar: Unicode.Scalar
    let combiningClass: UInt8
    /// 0 for the first of its decomposition and 1 for the others; for each further scalar that
    /// went into it, less.
    var change: Int
  }

  /// The full decomposition of `scalar`; itself where it has none.
  func elements(of scalar: Unicode.Scalar) -> [Element] {
    var units = [UInt16](repeating: 0, count: 32)
    var count = 0
    if let handle = unsafe handle {
      count = unsafe units.withUnsafeMutableBufferPointer {
        unsafe Int(icu_decomposition(handle, Int32(scalar.value), $0.baseAddress))
      }
    }
    let parts =
      1...units.count ~= count
      ? Array(String(decoding: units[..<count], as: UTF16.self).unicodeScalars) : [scalar]
    return parts.enumerated().map { index, part in
      Element(
        scalar: part, combiningClass: combiningClass(of: part), change: index == 0 ? 0 : 1)
    }
  }

  /// What `first` and `second` compose to; `nil` where they stay apart.
  func composition(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    guard let handle = unsafe handle else { return nil }
    let composed = unsafe icu_composition(handle, Int32(first.value), Int32(second.value))
    return UInt32(exactly: composed).flatMap(Unicode.Scalar.init)
  }

  /// Whether text before `scalar` is normalised as if nothing followed.
  func hasBoundary(before scalar: UInt32) -> Bool {
    guard !isStable[scalar], let handle = unsafe handle else { return true }
    return unsafe icu_has_boundary_before(handle, Int32(bitPattern: scalar)) != 0
  }

  // MARK: Text

  /// Appends the normal form of `text`, known to be UTF-8.
  func normalize(_ text: Span<UInt8>, into output: inout NormalizedText) {
    forEachUnstableSpan(in: text) { range in
      let span = text.extracting(range)
      let replacement = normalizedSpan(span)
      if ByteHash.areEqual(replacement.span, span) { return }
      output.copy(text, upTo: range.lowerBound)
      if !output.recordsRuns || !replaceByScalar(span, by: replacement, in: &output) {
        output.replace(span.count, by: replacement)
      }
    }
    output.copy(text, upTo: text.count)
  }

  /// Appends `replacement` for `span` scalar by scalar, if that is what tracing gives.
  private func replaceByScalar(
    _ span: Span<UInt8>, by replacement: [UInt8], in output: inout NormalizedText
  ) -> Bool {
    let parts = parts(of: span)
    guard parts.lazy.flatMap(\.output).elementsEqual(replacement) else { return false }
    for part in parts { output.replace(part.inputCount, by: part.output) }
    return true
  }

  /// Calls `body` with each span of `text` that has to be normalised as a whole.
  private func forEachUnstableSpan(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var previous = 0
    var position = 0
    while position < text.count {
      if text[position] < 0x80 {
        position = UTF8Scan.endOfASCII(in: text, from: position)
        previous = position &- 1
        continue
      }
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if isStable[value] {
        previous = position
        position &+= length
        continue
      }
      let end = nextStable(in: text, from: position + length)
      body(previous..<end)
      (previous, position) = (end, end)
    }
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
        return Self.transcoded(target[..<length], from: UTF16.self, to: UTF8.self)
      }
      guard length > 0 else { break }
      target = [UInt16](repeating: 0, count: length)
    }
    // ICU failed, for want of memory or for a span of 2³¹ units: the text stays as it is.
    return Array(copying: span)
  }

  private func icuNormalize(_ source: [UInt16], into target: inout [UInt16]) -> Int32 {
    guard let handle = unsafe handle, let length = Int32(exactly: source.count),
      let capacity = Int32(exactly: target.count)
    else { return -1 }
    return unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        unsafe icu_normalize(
          handle, source.baseAddress, length, target.baseAddress, capacity)
      }
    }
  }

  /// The span as UTF-16, long runs of marks in canonical order.
  ///
  /// ICU orders marks by insertion, which takes quadratic time; in order already, they take
  /// linear time. Canonical order does not change what the normal form is.
  private func utf16(_ span: Span<UInt8>) -> [UInt16] {
    let bytes = Array(copying: span)
    if bytes.count <= Self.longestUnorderedSpan {
      return Self.transcoded(bytes, from: UTF8.self, to: UTF16.self)
    }
    var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    scalars.orderMarks(by: combiningClass)
    var ordered = String.UnicodeScalarView()
    ordered.append(contentsOf: scalars)
    return Array(String(ordered).utf16)
  }

  /// How many bytes are left to ICU as they are.
  private static let longestUnorderedSpan = 64

  /// `text` in another encoding; a `String` in between would take several times as long.
  private static func transcoded<Source: Unicode.Encoding, Target: Unicode.Encoding>(
    _ text: some Sequence<Source.CodeUnit>, from source: Source.Type, to target: Target.Type
  ) -> [Target.CodeUnit] {
    var units: [Target.CodeUnit] = []
    _ = transcode(text.makeIterator(), from: source, to: target, stoppingOnError: false) {
      units.append($0)
    }
    return units
  }
}

extension Array {
  /// Puts every run of elements that are marks, whose class is not 0, in the order of the classes,
  /// those of one class in that in which they stand (Unicode Standard, D109).
  mutating func orderMarks(by combiningClass: (Element) -> UInt8) {
    var start = 0
    while start < count {
      let classes = self[start...].lazy.map(combiningClass).prefix { $0 != 0 }
      let run = zip(Array<UInt8>(classes), self[start...]).enumerated().sorted {
        ($0.element.0, $0.offset) < ($1.element.0, $1.offset)
      }
      for (offset, mark) in run.enumerated() { self[start + offset] = mark.element.1 }
      start += run.count + 1
    }
  }
}
