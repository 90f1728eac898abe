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
