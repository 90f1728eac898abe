import Storage
import SystemPackage

/// Bytes that are read from the beginning to the end, once.
protocol ByteStream: AnyObject {
  /// The next bytes, at most about 1 MiB; none at the end.
  func next() throws -> [UInt8]
  /// How many bytes of the file on disk were read.
  var readByteCount: Int { get }
}

/// The bytes of a file as they are.
final class FileStream: ByteStream {
  static let chunkByteCount = 1 << 18

  let path: FilePath
  let descriptor: FileDescriptor
  private(set) var readByteCount = 0

  /// Opens the file at `path`; `-` is standard input.
  init(_ path: FilePath) throws(FileError) {
    self.path = path
    guard path != InputFile.standardInput else {
      descriptor = .standardInput
      return
    }
    do {
      descriptor = try FileDescriptor.open(path, .readOnly)
    } catch {
      throw FileSystem.openError(path, error as? Errno ?? .ioError)
    }
  }

  deinit {
    if descriptor != .standardInput { try? descriptor.close() }
  }

  func next() throws -> [UInt8] {
    let bytes = try descriptor.readSome(Self.chunkByteCount, of: path)
    readByteCount += bytes.count
    return bytes
  }
}

extension FileDescriptor {
  /// The next bytes, at most `byteCount`, of the file at `path`, which this descriptor reads.
  func readSome(_ byteCount: Int, of path: FilePath) throws(FileError) -> [UInt8] {
    var failure: Errno?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      do {
        count = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error as? Errno ?? .ioError
      }
    }
    if let failure { throw .readFailed(path, failure) }
    return bytes
  }
}

extension InputFile {
  /// The bytes of the file, expanded.
  func open() throws -> any ByteStream {
    let file = try FileStream(path)
    return switch compression {
    case nil: file
    case .gzip: try GzipStream(file)
    case .zstd: try ZstdStream(file)
    }
  }
}
