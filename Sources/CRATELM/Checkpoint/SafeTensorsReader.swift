import Files
package import SystemPackage

/// A safetensors file whose header has been checked and whose tensors are read where asked.
package final class SafeTensorsReader {
  package let path: FilePath
  package let header: SafeTensorsHeader
  private let descriptor: FileDescriptor
  private let dataOffset: Int

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError` where it cannot be read, ``CheckpointError`` where it breaks the format.
  package init(_ path: FilePath) throws {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(path, .readOnly)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
    do {
      let byteCount = try FileSystem.byteCount(of: path)
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
      header = try SafeTensorsHeader(
        json: descriptor.readExactly(Int(length), at: 8, of: path),
        dataByteCount: byteCount - dataOffset)
    } catch {
      try? descriptor.close()
      guard let violation = error as? SafeTensorsViolation else { throw error }
      throw CheckpointError.corrupt(path, reason: violation.reason)
    }
  }

  deinit {
    try? descriptor.close()
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

  /// The data part of the file as floats that are mapped, not read; `nil` where they do not lie as
  /// floats do.
  func mappedFloats() throws(OutOfMemory) -> Buffer? {
    let byteCount = header.entries.last?.range.upperBound ?? 0
    guard dataOffset.isMultiple(of: 4), byteCount.isMultiple(of: 4),
      UInt32(1).littleEndian == 1
    else { return nil }
    return try Buffer(
      mapping: descriptor, byteOffset: dataOffset, count: byteCount / MemoryLayout<Float>.stride)
  }

  /// Reads the bytes of the tensor at `entry` into `bytes`, which have its size.
  func read(_ entry: SafeTensorsHeader.Entry, into bytes: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < entry.range.count {
      let got: Int
      do {
        got = try unsafe descriptor.read(
          fromAbsoluteOffset: Int64(dataOffset + entry.range.lowerBound + done),
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<entry.range.count]))
      } catch {
        throw FileError.readFailed(path, error as? Errno ?? .ioError)
      }
      guard got > 0 else {
        throw CheckpointError.corrupt(path, reason: "it ends within tensor '\(entry.name)'")
      }
      done += got
    }
  }
}
