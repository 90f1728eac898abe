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
  private static let beginningByteCount = 4

  private let file: FileReader
  /// The first bytes, until they are given.
  private var start: [UInt8] = []
  private var isAtEnd = false
  private(set) var readByteCount = 0

  var path: FilePath { file.path }

  /// Opens the file at `path`; `-` is standard input.
  init(_ path: FilePath) throws(FileError) {
    file =
      path == InputFile.standardInput
      ? FileReader(standardInputAs: path) : try FileReader(stream: path)
  }

  /// The first bytes, enough to tell a form of compression, which ``next()`` is still to give.
  func beginning() throws(FileError) -> [UInt8] {
    while start.count < Self.beginningByteCount, !isAtEnd { start += try more() }
    return start
  }

  func next() throws(FileError) -> [UInt8] {
    let bytes = start.isEmpty ? try more() : start
    start = []
    readByteCount += bytes.count
    return bytes
  }

  /// The next bytes of the file; a terminal's end is read once only.
  private func more() throws(FileError) -> [UInt8] {
    let bytes = isAtEnd ? [] : try file.next(Self.chunkByteCount)
    isAtEnd = bytes.isEmpty
    return bytes
  }
}

extension InputFile {
  /// Opens the file as a stream of its decompressed bytes in UTF-8, converted as `form` says.
  ///
  /// A file whose name tells no compression is expanded if it begins as a compressed one.
  ///
  /// - Throws: `FileError`, ``InputError``.
  func open(_ form: TextForm) throws -> any ByteStream {
    let file = try FileStream(path)
    let bytes: any ByteStream =
      switch try compression ?? Compression(file.beginning()) {
      case nil: file
      case .gzip: try GzipStream(file)
      case .zstd: try ZstdStream(file, windowLog: form.zstdWindowLog)
      }
    guard let encoding = form.encoding else { return bytes }
    return try ConvertedStream(bytes, encoding)
  }
}
