import Glibc
public import Storage
public import SystemPackage

/// A file of events that TensorBoard shows: the numbers of `metrics.jsonl` that are curves.
///
/// The file is a sequence of records as in TFRecord: a length, its checksum, an `Event` of
/// TensorFlow's event.proto in the encoding of Protocol Buffers, its checksum.
public final class TensorBoardLog {
  private let file: OutputFile
  private let start = ContinuousClock.now
  private let startSeconds = Double(TimeStamp.now.seconds)

  /// Makes a file in `directory`, which is made if it is missing; TensorBoard reads all of its files
  /// as one, and forgets what an earlier one says of later updates.
  ///
  /// - Parameters:
  ///   - directory: TensorBoard's `--logdir`.
  ///   - step: the updates done so far, in earlier sessions.
  /// - Throws: `FileError`.
  public init(in directory: FilePath, after step: Int) throws(FileError) {
    try FileSystem.createDirectory(directory)
    file = try OutputFile(
      creating: directory.appending(
        "events.out.tfevents.\(TimeStamp.now.seconds).crate-lm.\(getpid())"))
    try write(Event(time: time, step: 0, content: .version("brain.Event:2")))
    try write(Event(time: time, step: step + 1, content: .sessionStart))
  }

  private var time: Double { startSeconds + (ContinuousClock.now - start) / .seconds(1) }

  /// Appends the numbers of an update.
  ///
  /// - Throws: `FileError`.
  public func append(_ update: StepReport, validation: ValidationLoss?) throws(FileError) {
    var scalars = [
      ("loss/training", update.loss), ("learning_rate", update.learningRate),
      ("gradient_norm", update.gradientNorm), ("tokens_per_second", update.tokensPerSecond),
      ("tokens", Double(update.tokens)),
    ]
    if let validation {
      scalars.append(("loss/validation", validation.loss))
      if let bits = validation.bitsPerByte { scalars.append(("bits_per_byte/validation", bits)) }
      for part in validation.parts { scalars.append(("loss/validation/\(part.data)", part.loss)) }
    }
    try write(Event(time: time, step: update.step, content: .scalars(scalars)))
  }

  private func write(_ event: Event) throws(FileError) {
    let data = event.encoded
    var record: [UInt8] = []
    record.append(littleEndian: UInt64(data.count))
    record.append(littleEndian: CRC32C.masked(record))
    record += data
    record.append(littleEndian: CRC32C.masked(data))
    try file.write(record)
  }
}

/// TensorFlow's `Event`, as far as it is used here.
private struct Event {
  enum Content {
    case version(String)
    case scalars([(tag: String, value: Double)])
    /// A `SessionLog` with the status `START`.
    case sessionStart
  }

  let time: Double
  let step: Int
  let content: Content

  /// The message in the encoding of Protocol Buffers; the numbers are those of event.proto and
  /// summary.proto.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(field: 1, fixed: time.bitPattern)
    bytes.append(field: 2, varint: step)
    switch content {
    case .version(let name): bytes.append(field: 3, bytes: Array(name.utf8))
    case .sessionStart:
      var session: [UInt8] = []
      session.append(field: 1, varint: 1)
      bytes.append(field: 7, bytes: session)
    case .scalars(let scalars):
      var summary: [UInt8] = []
      for scalar in scalars {
        var value: [UInt8] = []
        value.append(field: 1, bytes: Array(scalar.tag.utf8))
        value.append(field: 2, fixed: Float(scalar.value).bitPattern)
        summary.append(field: 1, bytes: value)
      }
      bytes.append(field: 5, bytes: summary)
    }
    return bytes
  }
}

extension [UInt8] {
  /// The wire types of fields.
  private enum Wire: Int { case varint, fixed64, bytes, fixed32 = 5 }

  private mutating func append(_ number: Int, _ wire: Wire) {
    append(varint: number << 3 | wire.rawValue)
  }

  fileprivate mutating func append(field number: Int, varint value: Int) {
    append(number, .varint)
    append(varint: value)
  }

  fileprivate mutating func append(field number: Int, fixed value: UInt64) {
    append(number, .fixed64)
    append(littleEndian: value)
  }

  fileprivate mutating func append(field number: Int, fixed value: UInt32) {
    append(number, .fixed32)
    append(littleEndian: value)
  }

  fileprivate mutating func append(field number: Int, bytes: [UInt8]) {
    append(number, .bytes)
    append(varint: bytes.count)
    self += bytes
  }
}

/// The CRC-32 of Castagnoli (RFC 3720), which zlib does not have.
private enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78 }
  }

  /// The checksum as TFRecord stores it: rotated, and with a constant added.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let crc = ~bytes.reduce(~UInt32(0)) { rest, byte in
      rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)]
    }
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
