import CRATELM
import Tokenizer

extension TextTokenizer {
  /// The ids of a prompt; an empty one is the start of a text.
  ///
  /// - Throws: `ConfigurationError` where nothing begins a text.
  func promptIDs(_ prompt: String) throws(ConfigurationError) -> [TokenID] {
    let ids = encode(prompt)
    if !ids.isEmpty { return ids }
    guard let start = endOfText else {
      throw ConfigurationError(
        "The prompt is empty and the tokenizer has no token to begin a text with; give --prompt.")
    }
    return [start]
  }

  /// The ids that `text` may be written with: those of the special token so called, or those of the
  /// text at the start of a word and within one.
  func spellings(of text: String) -> [[TokenID]] {
    if let special = specialToken(text) { return [[special]] }
    return [encode(text), encode(" " + text)].filter { !$0.isEmpty }
  }
}
