import Storage
import SystemPackage
import Tokenizer

/// The `SHA256SUMS` beside the files of a tokenizer, which have no place for a checksum of their own.
enum TokenizerSums {
  /// Checks the files of the tokenizer at `path`, where their directory has checksums of them.
  ///
  /// - Throws: ``InputError/damaged(_:)``; `FileError`.
  static func check(_ path: FilePath) throws {
    for file in try TokenizerFile.files(at: path) {
      guard let name = file.lastComponent?.string else { continue }
      try owning {
        guard let sums = try Checksums(of: file.parent), sums[name] != nil else { return }
        _ = try sums.contents(of: name, in: file.parent)
      }
    }
  }

  /// Writes a tokenizer by `body` to the files called `names` of `directory`, then their checksums.
  ///
  /// - Throws: what `body` throws; ``InputError/damaged(_:)`` where the directory has checksums that
  ///   are damaged; `FileError`.
  static func write(
    _ names: [String], to directory: FilePath, _ body: () throws -> Void
  ) throws {
    try owning { try Checksums.renew(names, in: directory, body) }
  }

  /// Does `body`, in which damage is that of a tokenizer.
  private static func owning<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let damage as Damage {
      throw InputError.damaged(damage)
    }
  }
}
