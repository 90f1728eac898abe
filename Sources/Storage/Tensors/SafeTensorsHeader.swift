/// The header of a safetensors file: the names, types, shapes and offsets of its tensors.
///
/// Format: a 64-bit little-endian length, that many bytes of JSON, then the data without holes
/// (github.com/huggingface/safetensors).
package struct SafeTensorsHeader: Sendable {
  /// One tensor of a file.
  package struct Entry: Equatable, Sendable {
    package let tensor: StoredTensor
    /// The range in the data part of the file, in bytes.
    package let range: Range<Int>

    package var name: String { tensor.name }
    package var type: ElementType { tensor.type }
    package var shape: [Int] { tensor.shape }
  }

  /// The tensors in the order of their data.
  package let entries: [Entry]
  /// Free text stored with the tensors.
  package let metadata: [(key: String, value: String)]

  /// The longest header of the format, in bytes.
  static let byteCountLimit = 100_000_000
  static let metadataKey = "__metadata__"
  /// The alignment of the data part in files of ours, in bytes: mapped, it is read by cache lines.
  private static let dataAlignment = 64
}

extension SafeTensorsHeader {
  /// A header for tensors stored one after the other.
  package init(_ tensors: [StoredTensor], metadata: [(key: String, value: String)]) {
    var offset = 0
    entries = tensors.map { tensor in
      let start = offset
      offset += tensor.shape.reduce(1, *) * tensor.type.byteCount
      return Entry(tensor: tensor, range: start..<offset)
    }
    self.metadata = metadata
  }

  /// The length and the JSON, padded with spaces so that the data begin on a cache line.
  package func serialized() -> [UInt8] {
    var members: [(key: String, value: JSONValue)] = []
    if !metadata.isEmpty {
      let texts = metadata.map { (key: $0.key, value: JSONValue.string($0.value)) }
      members.append((Self.metadataKey, .object(JSONObject(texts))))
    }
    for entry in entries {
      members.append((entry.name, Self.describe(entry)))
    }
    var json = JSONValue.object(JSONObject(members)).serialized()
    let rest = (MemoryLayout<UInt64>.size + json.count) % Self.dataAlignment
    json += [UInt8](repeating: UInt8(ascii: " "), count: rest == 0 ? 0 : Self.dataAlignment - rest)
    var prefix: [UInt8] = []
    prefix.append(littleEndian: UInt64(json.count))
    return prefix + json
  }

  private static func describe(_ entry: Entry) -> JSONValue {
    let offsets = [entry.range.lowerBound, entry.range.upperBound]
    return .object(
      JSONObject([
        ("dtype", .string(entry.type.rawValue)),
        ("shape", .array(entry.shape.map { .integer(Int64($0)) })),
        ("data_offsets", .array(offsets.map { .integer(Int64($0)) })),
      ]))
  }
}

extension SafeTensorsHeader {
  /// Parses the JSON of a header and checks it against the size of the data part.
  init(json: [UInt8], dataByteCount: Int) throws(FormatViolation) {
    guard json.first == UInt8(ascii: "{") else {
      throw FormatViolation("its header does not begin with '{'")
    }
    let padding = json.reversed().prefix { $0 != UInt8(ascii: "}") }
    guard padding.allSatisfy({ $0 == UInt8(ascii: " ") }) else {
      throw FormatViolation("its header does not end with '}' and spaces")
    }
    let document: JSONValue
    do {
      document = try JSONValue.parse(json)
    } catch {
      throw FormatViolation("its header is not JSON: \(error)")
    }
    guard let object = document.object else {
      throw FormatViolation("its header is not an object")
    }
    var entries: [Entry] = []
    var metadata: [(key: String, value: String)] = []
    for (name, value) in zip(object.keys, object.values) {
      if name == Self.metadataKey {
        metadata = try Self.metadata(value)
      } else {
        entries.append(try Self.entry(name, value, dataByteCount: dataByteCount))
      }
    }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw FormatViolation(
          "tensor '\(entry.name)' begins at \(entry.range.lowerBound), expected \(end)")
      }
      end = entry.range.upperBound
    }
    guard end == dataByteCount else {
      throw FormatViolation(
        "its header promises \(end.counting("byte")) of tensors, \(dataByteCount) are there")
    }
    self.entries = entries
    self.metadata = metadata
  }

  private static func metadata(
    _ value: JSONValue
  ) throws(FormatViolation) -> [(key: String, value: String)] {
    guard let object = value.object else {
      throw FormatViolation("\(metadataKey) is not an object")
    }
    var metadata: [(key: String, value: String)] = []
    for (key, value) in zip(object.keys, object.values) {
      guard let text = value.string else {
        throw FormatViolation("\(metadataKey) holds '\(key)', which is not text")
      }
      metadata.append((key, text))
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataByteCount: Int
  ) throws(FormatViolation) -> Entry {
    guard let object = value.object, object.count == 3, let dtype = object["dtype"]?.string,
      let shape = naturals(object["shape"]), let offsets = naturals(object["data_offsets"]),
      offsets.count == 2
    else {
      throw FormatViolation("tensor '\(name)' lacks a dtype, a shape and two data_offsets")
    }
    guard let type = ElementType(rawValue: dtype) else {
      throw FormatViolation(
        "tensor '\(name)' has element type \(dtype), expected one of "
          + ElementType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard offsets[0] <= offsets[1], offsets[1] <= dataByteCount else {
      throw FormatViolation("tensor '\(name)' lies at bytes \(offsets) of \(dataByteCount)")
    }
    var byteCount = type.byteCount
    for extent in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw FormatViolation("tensor '\(name)' has an impossible shape \(shape)")
      }
      byteCount = product
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw FormatViolation(
        "tensor '\(name)' of shape \(shape) needs \(byteCount.counting("byte")), has "
          + "\(offsets[1] - offsets[0])")
    }
    return Entry(
      tensor: StoredTensor(name: name, type: type, shape: shape), range: offsets[0]..<offsets[1])
  }

  private static func naturals(_ value: JSONValue?) -> [Int]? {
    guard let array = value?.array else { return nil }
    let numbers = array.compactMap { $0.integer.flatMap { $0 >= 0 ? Int(exactly: $0) : nil } }
    return numbers.count == array.count ? numbers : nil
  }
}

/// One tensor of a file of any format.
package struct StoredTensor: Equatable, Sendable {
  package let name: String
  package let type: ElementType
  package let shape: [Int]

  package init(name: String, type: ElementType, shape: [Int]) {
    (self.name, self.type, self.shape) = (name, type, shape)
  }
}
