import Parallel
package import SystemPackage

/// A safetensors file with a checked header; tensors are read on demand.
package final class SafeTensorsReader: Sendable {
  package let file: FileReader
  package let header: SafeTensorsHeader
  /// The checksums of the data; `nil` if the file has none.
  package let seal: TensorSeal?
  /// The offset of the data in the file, in bytes.
  package let dataOffset: Int
  private let dataByteCount: Int

  /// The file's path.
  package var path: FilePath { file.path }
  /// The tensors in the order of their data.
  package var tensors: [StoredTensor] { header.entries.map(\.tensor) }

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError` if it cannot be read, ``Damage`` if it breaks the format.
  package init(_ path: FilePath) throws {
    file = try FileReader(path)
    let byteCount = file.byteCount
    var headerEnd = min(8, byteCount)
    do {
      let prefix = try file.read(0..<headerEnd)
      guard prefix.count == 8 else {
        throw FormatViolation("it has \(byteCount.counting("byte")), expected at least 8")
      }
      let length = prefix.littleEndian(at: 0, as: UInt64.self)
      guard length <= min(SafeTensorsHeader.byteCountLimit, byteCount - 8) else {
        throw FormatViolation(
          "it has \(byteCount.counting("byte")), its first eight promise a header of \(length)")
      }
      dataOffset = 8 + Int(length)
      headerEnd = dataOffset
      dataByteCount = byteCount - dataOffset
      let json = try file.read(8..<dataOffset)
      header = try SafeTensorsHeader(json: json, dataByteCount: dataByteCount)
      seal = try TensorSeal(of: header, dataByteCount: dataByteCount)
      guard seal == nil || header.sealingItself().serialized() == prefix + json else {
        throw FormatViolation("its header does not match its checksum")
      }
    } catch let violation as FormatViolation {
      throw Damage(path, at: 0..<headerEnd, reason: violation.reason)
    }
  }

  /// Checks every block of the data against its checksum, if the file has checksums.
  ///
  /// - Throws: ``Damage`` with the first bad block and the first tensor in it; `FileError`.
  @discardableResult
  package func verify() throws -> Assurance {
    try unsafe verify { range, take in
      try unsafe forEachPiece(of: range) { unsafe take($0) }
    }
  }

  /// Checks the data; `read` passes the bytes of a range to its second argument.
  package func verify(
    _ read: @Sendable (Range<Int>, (UnsafeRawBufferPointer) -> Void) throws -> Void
  ) throws -> Assurance {
    guard let seal else { return .format }
    let damage = try unsafe seal.firstDamage(
      in: dataByteCount, threads: Workers.available, read)
    guard let damage else { return .everyBit }
    let tensor = header.entries.first { $0.range.overlaps(damage) }?.name ?? ""
    throw Damage(
      path, at: place(of: damage),
      reason: "these bytes, which begin in tensor '\(tensor)', do not match their checksum")
  }

  /// Passes the bytes `range` of the data to `body` in pieces that fit a processor's cache.
  private func forEachPiece(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {
    let pieceByteCount = 1 << 16
    for start in stride(from: range.lowerBound, to: range.upperBound, by: pieceByteCount) {
      let piece = start..<min(start + pieceByteCount, range.upperBound)
      try unsafe file.read(place(of: piece)).withUnsafeBytes(body)
    }
  }

  /// The tensor named `name`, if any.
  package func entry(named name: String) -> SafeTensorsHeader.Entry? {
    header.entries.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// Reads the bytes of the tensor `entry` into `bytes`, a buffer of its size.
  package func read(
    _ entry: SafeTensorsHeader.Entry, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(bytes.count == entry.range.count)
    try unsafe file.read(at: place(of: entry.range).lowerBound, into: bytes)
  }

  /// The elements of the tensor named `name` as floats.
  ///
  /// - Precondition: the elements are real numbers.
  /// - Throws: `FileError`, ``Damage``.
  package func floats(of name: String) throws -> [Float] {
    guard let entry = entry(named: name) else {
      throw Damage(path, reason: "it holds no tensor '\(name)'")
    }
    return entry.type.floats(in: try file.read(place(of: entry.range)))
  }

  /// The range in the file of the bytes `range` of the data.
  private func place(of range: Range<Int>) -> Range<Int> {
    dataOffset + range.lowerBound..<dataOffset + range.upperBound
  }
}
