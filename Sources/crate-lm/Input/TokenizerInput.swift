import Storage
import SystemPackage
import Tokenizer

/// Tokenizers that commands are told to use.
enum TokenizerInput {
  /// Reads the tokenizer at `path` and says on standard error where it was made with another
  /// ICU, unless asked to be quiet.
  ///
  /// - Throws: what `TokenizerFile.load` and ``TokenizerSums/check(_:)`` throw.
  static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil, quiet: Bool
  ) throws -> any TextTokenizer {
    try TokenizerSums.check(path)
    let tokenizer = try TokenizerFile.load(path, pattern: pattern, unicode: unicode)
    if !quiet { note(tokenizer, path) }
    return tokenizer
  }

  /// The tokenizer in `bytes`, the content of the `tokenizer.json` at `path`; notes as for
  /// ``load(_:pattern:unicode:quiet:)``.
  ///
  /// - Throws: what `TokenizerFile.parse` throws.
  static func parse(
    _ bytes: [UInt8], path: FilePath, quiet: Bool
  ) throws -> any TextTokenizer {
    let tokenizer = try TokenizerFile.parse(bytes, path: path.string)
    if !quiet { note(tokenizer, path) }
    return tokenizer
  }

  private static func note(_ tokenizer: any TextTokenizer, _ path: FilePath) {
    guard let difference = tokenizer.normalizer.unicodeDifference else { return }
    StandardError.print("\(path): \(difference)")
  }
}

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
