import CICU

/// An encoding of text that ICU converts from.
public struct TextEncoding: Codable, Hashable, Sendable {
  /// Its name, such as `latin1`, `windows-1252`, `UTF-16`, `Shift_JIS` or `GB18030`.
  public let name: String

  /// The encoding of a name or one of its aliases, whatever its letters' case.
  ///
  /// - Throws: ``InputError/unknownEncoding(_:)``.
  public init(_ name: String) throws(InputError) {
    guard let converter = unsafe Self.converter(name) else { throw .unknownEncoding(name) }
    unsafe icu_close_converter(converter)
    self.name = name
  }

  /// A converter, to be closed; `nil` if ICU knows no such encoding.
  fileprivate static func converter(_ name: String) -> OpaquePointer? {
    // An empty name is that of the system's encoding.
    name.isEmpty || name.utf8.contains(0) ? nil : unsafe icu_open_converter(name)
  }

  /// The encodings by which text is guessed wrongly less often than not.
  private static let leastConfidence: Int32 = 11
  private static let longestSample = 1 << 16

  /// The likeliest encoding of `sample`, which is not UTF-8, by ICU's detector; `nil` if it has no
  /// guess.
  static func likely(_ sample: ArraySlice<UInt8>) -> String? {
    let sample = Array(sample.prefix(longestSample))
    var name = [CChar](repeating: 0, count: 64)
    let confidence = unsafe sample.withUnsafeBytes {
      unsafe icu_detect($0.baseAddress, Int32($0.count), &name, Int32(name.count))
    }
    guard confidence >= leastConfidence else { return nil }
    let found = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return found == "UTF-8" ? nil : found
  }
}

/// The text of a file in another encoding, in UTF-8.
///
/// Bytes that are none of the encoding become ``wrongByte``, which is none of UTF-8.
@safe final class ConvertedStream: ByteStream {
  /// What stands for bytes that are none of the encoding.
  static let wrongByte: UInt8 = 0xFF
  private static let inputByteCount = 1 << 16

  private let source: any ByteStream
  private let converter: OpaquePointer?
  private var input: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// A unit of UTF-16 that waits for its partner.
  private var leading: [UInt16] = []

  var readByteCount: Int { source.readByteCount }

  init(_ source: any ByteStream, _ encoding: TextEncoding) throws(InputError) {
    self.source = source
    unsafe converter = TextEncoding.converter(encoding.name)
    guard unsafe converter != nil else { throw .unknownEncoding(encoding.name) }
  }

  deinit {
    if let converter = unsafe converter { unsafe icu_close_converter(converter) }
  }

  func next() throws -> [UInt8] {
    while !isAtEnd || position < input.count {
      if position == input.count {
        input = try source.next()
        position = 0
        isAtEnd = input.isEmpty
      }
      let text = convert()
      if !text.isEmpty { return text }
    }
    return []
  }

  /// Converts the next part of the input.
  private func convert() -> [UInt8] {
    let part = Array(input[position...].prefix(Self.inputByteCount))
    // A byte may become several units, and some of the part before may still be to come.
    var units = [UInt16](repeating: 0, count: 4 * part.count + 64)
    let done = unsafe part.withUnsafeBytes {
      unsafe icu_convert(
        converter, $0.baseAddress, Int32($0.count), &units, Int32(units.count), isAtEnd ? 1 : 0)
    }
    position += Int(done.read)
    var text = utf8(units[..<Int(done.written)], isLast: isAtEnd && done.stopped == 0)
    if done.stopped != 0 { text.append(Self.wrongByte) }
    return text
  }

  /// `units`, after what is left of those before, as UTF-8.
  private func utf8(_ units: ArraySlice<UInt16>, isLast: Bool) -> [UInt8] {
    var units = leading + units
    leading = []
    if !isLast, let last = units.last, UTF16.isLeadSurrogate(last) {
      leading = [last]
      units.removeLast()
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}
