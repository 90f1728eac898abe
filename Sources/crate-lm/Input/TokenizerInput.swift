import SystemPackage
import Tokenizer

/// Tokenizers that commands are told to use.
enum TokenizerInput {
  /// Reads the tokenizer at `path` and says on standard error where it was made with another
  /// ICU, unless asked to be quiet.
  ///
  /// - Throws: what `TokenizerFile.load` throws.
  static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil, quiet: Bool
  ) throws -> any TextTokenizer {
    let tokenizer = try TokenizerFile.load(path, pattern: pattern, unicode: unicode)
    if !quiet, let difference = tokenizer.normalizer.unicodeDifference {
      StandardError.print("\(path): \(difference)")
    }
    return tokenizer
  }
}
