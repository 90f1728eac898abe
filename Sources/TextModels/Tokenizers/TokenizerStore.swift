import Storage
public import SystemPackage
public import Tokenizer

/// Tokenizers on disk, with a `SHA256SUMS` beside their files, whose formats hold no checksum.
public enum TokenizerStore {
  /// Reads the tokenizer at `path`; checks its files if their directory has checksums of them.
  ///
  /// - Parameters: as for `TokenizerFile.load`.
  /// - Throws: what `TokenizerFile.load` throws; ``InputError/damaged(_:)``; `FileError`.
  public static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil
  ) throws -> any TextTokenizer {
    for file in try TokenizerFile.files(at: path) {
      guard let name = file.lastComponent?.string else { continue }
      try owning {
        guard let sums = try Checksums(of: file.parent), sums[name] != nil else { return }
        _ = try sums.contents(of: name, in: file.parent)
      }
    }
    return try TokenizerFile.load(path, pattern: pattern, unicode: unicode)
  }

  /// Writes `tokenizer` as the `tokenizer.json` of `directory`, with its checksum.
  ///
  /// - Throws: ``InputError/damaged(_:)`` if the directory has checksums that are damaged;
  ///   `FileError`.
  public static func write(_ tokenizer: some TextTokenizer, to directory: FilePath) throws {
    try write([TokenizerFile.name], to: directory) {
      try TokenizerFile.write(tokenizer, to: directory)
    }
  }

  /// Calls `body`, which writes the files `names` of `directory`, then writes their checksums.
  ///
  /// - Throws: what `body` throws, and as ``write(_:to:)``.
  package static func write(
    _ names: [String], to directory: FilePath, _ body: () throws -> Void
  ) throws {
    try owning { try Checksums.renew(names, in: directory, body) }
  }

  /// Calls `body` and reports damage in it as that of a tokenizer.
  private static func owning<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let damage as Damage {
      throw InputError.damaged(damage)
    }
  }
}
