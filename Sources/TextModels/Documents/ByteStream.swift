import Storage
import SystemPackage

/// Bytes that are read once, from beginning to end.
protocol ByteStream: AnyObject {
  /// The next bytes, at most about 1 MiB; none at the end.
  func next() throws -> [UInt8]
  /// The number of bytes of the file on disk read so far.
  var readByteCount: Int { get }
}

/// The bytes of a file, unchanged.
final class FileStream: ByteStream {
  static let chunkByteCount = 1 << 18

  private let file: FileReader
  private(set) var readByteCount = 0

  var path: FilePath { file.path }

  /// Opens the file at `path`; `-` is standard input.
  init(_ path: FilePath) throws(FileError) {
    file =
      path == InputFile.standardInput
      ? FileReader(standardInputAs: path) : try FileReader(stream: path)
  }

  func next() throws -> [UInt8] {
    let bytes = try file.next(Self.chunkByteCount)
    readByteCount += bytes.count
    return bytes
  }
}

extension InputFile {
  /// Opens the file as a stream of its decompressed bytes.
  func open() throws -> any ByteStream {
    let file = try FileStream(path)
    return switch compression {
    case nil: file
    case .gzip: try GzipStream(file)
    case .zstd: try ZstdStream(file)
    }
  }
}
