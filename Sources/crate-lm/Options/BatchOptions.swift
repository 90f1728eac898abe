import ArgumentParser
import CRATELM
import Tokenizer

/// What of a file's rules for texts that go through a model together is asked for.
struct BatchRequest {
  /// Whether long texts are cut.
  var truncates = false
  /// Whether short texts are filled up.
  var pads = false
}

/// The same on the command line.
struct BatchOptions: ParsableArguments {
  @Flag(
    help: """
      Cut texts as the tokenizer's file says in "truncation"; what is cut off is left out. (default: \
      nothing is cut)
      """)
  var truncate = false

  @Flag(
    help: """
      Fill texts up as the tokenizer's file says in "padding", to a fixed length or to that of the \
      longest text, and add "attention_mask" to --json. (default: nothing is filled up)
      """)
  var pad = false

  /// What is asked for.
  var request: BatchRequest { BatchRequest(truncates: truncate, pads: pad) }

  /// The rules of `tokenizer`, read from `path`, that are asked for.
  ///
  /// - Throws: `ConfigurationError` if its file has none.
  func rules(of tokenizer: any TextTokenizer, at path: String) throws -> BatchRules {
    let rules = tokenizer.batching
    if truncate, rules.truncation == nil {
      throw Self.missing(path, "truncation", "how texts are cut", "--truncate", "enable_truncation")
    }
    if pad, rules.padding == nil {
      throw Self.missing(path, "padding", "how texts are filled up", "--pad", "enable_padding")
    }
    return BatchRules(
      truncation: truncate ? rules.truncation : nil, padding: pad ? rules.padding : nil)
  }

  private static func missing(
    _ path: String, _ member: String, _ what: String, _ option: String, _ method: String
  ) -> ConfigurationError {
    ConfigurationError(
      "\(path) has no \"\(member)\", which says \(what); leave out \(option), or write it by "
        + "\(method)() and save() of Hugging Face's tokenizers.")
  }
}
