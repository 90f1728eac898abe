import Parallel
import Storage
package import SystemPackage

/// A safetensors file whose header has been checked and whose tensors are read where asked.
package final class SafeTensorsReader: Sendable {
  package let path: FilePath
  package let header: SafeTensorsHeader
  /// The checksums of the data; `nil` where the file has none.
  let seal: TensorSeal?
  private let descriptor: FileDescriptor
  private let dataOffset: Int
  private let dataByteCount: Int

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError` where it cannot be read, ``CheckpointError`` where it breaks the format.
  package init(_ path: FilePath) throws {
    self.path = path
    let byteCount: Int
    (descriptor, byteCount) = try FileSystem.openFile(path)
    var headerEnd = 0
    do {
      headerEnd = min(8, byteCount)
      let prefix = try descriptor.readExactly(min(8, byteCount), at: 0, of: path)
      guard prefix.count == 8 else {
        throw SafeTensorsViolation(reason: "it has \(byteCount) bytes, expected at least 8")
      }
      let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length <= min(SafeTensorsHeader.byteCountLimit, byteCount - 8) else {
        throw SafeTensorsViolation(
          reason: "it has \(byteCount) bytes, its first eight promise a header of \(length)")
      }
      dataOffset = 8 + Int(length)
      headerEnd = dataOffset
      dataByteCount = byteCount - dataOffset
      let json = try descriptor.readExactly(Int(length), at: 8, of: path)
      header = try SafeTensorsHeader(json: json, dataByteCount: dataByteCount)
      let seal = try TensorSeal(of: header, dataByteCount: dataByteCount)
      guard seal == nil || header.sealingItself().serialized() == prefix + json else {
        throw SafeTensorsViolation(reason: "its header does not match its checksum")
      }
      // The last property: what throws behind it would close the file twice, here and in deinit.
      self.seal = seal
    } catch {
      try? descriptor.close()
      guard let violation = error as? SafeTensorsViolation else { throw error }
      throw CheckpointError.corrupt(path, at: 0..<headerEnd, reason: violation.reason)
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// Checks every block of the data against its checksum, where the file has them.
  ///
  /// - Throws: ``CheckpointError/corrupt(_:at:reason:)`` with the first block that differs and the
  ///   first tensor in it.
  @discardableResult
  package func verify() throws -> Assurance {
    try unsafe verify { range, take in
      try unsafe forEachPiece(of: range) { unsafe take($0) }
    }
  }

  /// Checks the data, parts of which `read` gives to its second argument.
  private func verify(
    _ read: @Sendable (Range<Int>, (UnsafeRawBufferPointer) -> Void) throws -> Void
  ) throws -> Assurance {
    guard let seal else { return .format }
    let damage = try unsafe seal.firstDamage(
      in: dataByteCount, threads: Workers.available, read)
    guard let damage else { return .everyBit }
    let tensor = header.entries.first { $0.range.overlaps(damage) }?.name ?? ""
    throw CheckpointError.corrupt(
      path, at: dataOffset + damage.lowerBound..<dataOffset + damage.upperBound,
      reason: "these bytes, which begin in tensor '\(tensor)', do not match their checksum")
  }

  /// Makes sure that the file has checksums, as the weights of a run have.
  ///
  /// - Throws: ``CheckpointError/corrupt(_:at:reason:)`` where it has none.
  func requireSeal() throws(CheckpointError) {
    guard seal != nil else {
      throw .corrupt(
        path, reason: "its header has no checksums, which the weights of a run have")
    }
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
    var failure: (any Error)?
    let elements = unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      do {
        try unsafe read(entry, into: UnsafeMutableRawBufferPointer(buffer))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return elements
  }

  /// The bytes of the tensor at `entry`.
  func bytes(of entry: SafeTensorsHeader.Entry) throws -> [UInt8] {
    try descriptor.readExactly(
      entry.range.count, at: dataOffset + entry.range.lowerBound, of: path)
  }

  /// The data part of the file as floats that are mapped, not read, and that match their checksums;
  /// `nil` where they do not lie as floats do.
  ///
  /// - Throws: as ``verify()``, ``OutOfMemory``.
  func mappedFloats() throws -> Buffer? {
    let byteCount = header.entries.last?.range.upperBound ?? 0
    guard dataOffset.isMultiple(of: 4), byteCount.isMultiple(of: 4),
      UInt32(1).littleEndian == 1
    else { return nil }
    let buffer = try Buffer(
      mapping: descriptor, byteOffset: dataOffset, count: byteCount / MemoryLayout<Float>.stride)
    _ = try unsafe verify { range, take in unsafe buffer.withBytes(in: range) { unsafe take($0) } }
    return buffer
  }

  /// Reads the bytes of the tensor at `entry` into `bytes`, which have its size.
  func read(_ entry: SafeTensorsHeader.Entry, into bytes: UnsafeMutableRawBufferPointer) throws {
    try unsafe read(entry.range, into: bytes)
  }

  /// Reads the bytes `range` of the data into `bytes`, which have its size.
  private func read(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < range.count {
      let place = dataOffset + range.lowerBound + done
      let got: Int
      do {
        got = try unsafe descriptor.read(
          fromAbsoluteOffset: Int64(place),
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<range.count]))
      } catch {
        throw FileError.readFailed(path, error as? Errno ?? .ioError)
      }
      guard got > 0 else {
        throw CheckpointError.corrupt(
          path, at: place..<place + range.count - done, reason: "it ends before these bytes")
      }
      done += got
    }
  }
}
