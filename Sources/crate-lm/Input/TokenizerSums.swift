import CRATELM
import Storage
import SystemPackage
import Tokenizer

/// The `SHA256SUMS` beside the files of a tokenizer, which have no place for a checksum of their own.
enum TokenizerSums {
  /// Checks the files of the tokenizer at `path`, where their directory has checksums of them.
  ///
  /// - Throws: ``InputError/damaged(_:bytes:reason:)``; `FileError`.
  static func check(_ path: FilePath) throws {
    for file in try TokenizerFile.files(at: path) {
      guard let name = file.lastComponent?.string, let sums = try read(besides: file),
        sums[name] != nil
      else { continue }
      try naming { _ = try sums.contents(of: name, in: directory(of: file)) }
    }
  }

  /// Writes a tokenizer by `body` to the files called `names` of `directory`, then their checksums.
  ///
  /// - Throws: what `body` throws; ``InputError/damaged(_:bytes:reason:)`` where the directory has
  ///   checksums that are damaged; `FileError`.
  static func write(
    _ names: [String], to directory: FilePath, _ body: () throws -> Void
  ) throws {
    let path = directory.appending(Checksums.name)
    let old = try read(besides: path)
    // Until the new ones are there, the files are as good as those of other programs.
    try FileSystem.remove(path)
    try body()
    var sums = Checksums()
    for (name, fingerprint) in old?.lines ?? [] where !names.contains(name) {
      sums.append(name, fingerprint)
    }
    for name in names {
      sums.append(name, Fingerprint(of: try FileContents.read(directory.appending(name))))
    }
    try FileContents.write(sums.bytes, to: path)
  }

  private static func directory(of file: FilePath) -> FilePath {
    let directory = file.removingLastComponent()
    return directory.isEmpty ? "." : directory
  }

  private static func read(besides file: FilePath) throws -> Checksums? {
    let path = directory(of: file).appending(Checksums.name)
    guard FileSystem.kind(of: path) == .file else { return nil }
    let bytes = try FileContents.read(path)
    return try naming { try Checksums(bytes, path: path) }
  }

  /// Damage as the fault of a tokenizer, not of packed data.
  private static func naming<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch DataError.corrupt(let path, let offset, let byteCount, let reason) {
      throw InputError.damaged(
        path, bytes: offset..<offset + (byteCount ?? 1), reason: reason)
    }
  }
}
