import Parallel
package import SystemPackage

/// A safetensors file whose header has been checked and whose tensors are read where asked.
package final class SafeTensorsReader: Sendable {
  package let file: FileReader
  package let header: SafeTensorsHeader
  /// The checksums of the data; `nil` where the file has none.
  package let seal: TensorSeal?
  /// Where the data begin in the file, in bytes.
  package let dataOffset: Int
  private let dataByteCount: Int

  /// The file's path.
  package var path: FilePath { file.path }

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
        throw SafeTensorsViolation(reason: "it has \(byteCount) bytes, expected at least 8")
      }
      let length = prefix.littleEndian(at: 0, as: UInt64.self)
      guard length <= min(SafeTensorsHeader.byteCountLimit, byteCount - 8) else {
        throw SafeTensorsViolation(
          reason: "it has \(byteCount) bytes, its first eight promise a header of \(length)")
      }
      dataOffset = 8 + Int(length)
      headerEnd = dataOffset
      dataByteCount = byteCount - dataOffset
      let json = try file.read(8..<dataOffset)
      header = try SafeTensorsHeader(json: json, dataByteCount: dataByteCount)
      seal = try TensorSeal(of: header, dataByteCount: dataByteCount)
      guard seal == nil || header.sealingItself().serialized() == prefix + json else {
        throw SafeTensorsViolation(reason: "its header does not match its checksum")
      }
    } catch let violation as SafeTensorsViolation {
      throw Damage(path, at: 0..<headerEnd, reason: violation.reason)
    }
  }

  /// Checks every block of the data against its checksum, where the file has them.
  ///
  /// - Throws: ``Damage`` with the first block that differs and the first tensor in it; `FileError`.
  @discardableResult
  package func verify() throws -> Assurance {
    try unsafe verify { range, take in
      try unsafe forEachPiece(of: range) { unsafe take($0) }
    }
  }

  /// Checks the data, parts of which `read` gives to its second argument.
  package func verify(
    _ read: @Sendable (Range<Int>, (UnsafeRawBufferPointer) -> Void) throws -> Void
  ) throws -> Assurance {
    guard let seal else { return .format }
    let damage = try unsafe seal.firstDamage(
      in: dataByteCount, threads: Workers.available, read)
    guard let damage else { return .everyBit }
    let tensor = header.entries.first { $0.range.overlaps(damage) }?.name ?? ""
    throw Damage(
      path, at: dataOffset + damage.lowerBound..<dataOffset + damage.upperBound,
      reason: "these bytes, which begin in tensor '\(tensor)', do not match their checksum")
  }

  /// Gives the bytes `range` of the data to `body` in pieces that stay in a processor's cache.
  private func forEachPiece(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {
    let pieceByteCount = 1 << 16
    try unsafe withUnsafeTemporaryAllocation(byteCount: pieceByteCount, alignment: 16) { piece in
      for start in stride(from: range.lowerBound, to: range.upperBound, by: pieceByteCount) {
        let end = min(start + pieceByteCount, range.upperBound)
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: piece[..<(end - start)])
        try unsafe read(start..<end, into: bytes)
        unsafe body(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  /// The tensor called `name`.
  package func entry(named name: String) -> SafeTensorsHeader.Entry? {
    header.entries.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The elements of the tensor at `entry`.
  package func elements<Element: BitwiseCopyable>(
    of entry: SafeTensorsHeader.Entry, as type: Element.Type
  ) throws -> [Element] {
    precondition(MemoryLayout<Element>.size == entry.type.byteCount)
    let count = entry.range.count / MemoryLayout<Element>.size
    return try unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      try unsafe read(entry, into: UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
  }

  /// Reads the bytes of the tensor at `entry` into `bytes`, which have its size.
  package func read(
    _ entry: SafeTensorsHeader.Entry, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    try unsafe read(entry.range, into: bytes)
  }

  /// The elements of the tensor at `entry` as single-precision numbers.
  ///
  /// - Precondition: they are real numbers.
  package func floats(of entry: SafeTensorsHeader.Entry) throws -> [Float] {
    entry.type.floats(
      in: try file.read(dataOffset + entry.range.lowerBound..<dataOffset + entry.range.upperBound))
  }

  /// Reads the bytes `range` of the data into `bytes`, which have its size.
  private func read(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
    let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count])
    try unsafe file.read(at: dataOffset + range.lowerBound, into: bytes)
  }
}
