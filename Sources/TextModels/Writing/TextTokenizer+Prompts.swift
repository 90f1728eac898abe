import CRATELM
import Tokenizer

extension TextTokenizer {
  /// The ids of a prompt; an empty one is the start of a text.
  ///
  /// - Throws: `ConfigurationError` for an empty prompt if no token begins a text;
  ///   `TokenizerError.patternTooCostly`.
  func promptIDs(_ prompt: String) throws -> [TokenID] {
    let ids = try encode(prompt)
    if !ids.isEmpty { return ids }
    guard let start = endOfText else {
      throw ConfigurationError(
        "The prompt is empty and the tokenizer has no token to begin a text with; give a prompt.")
    }
    return [start]
  }

  /// The sequences of ids that spell `text`: the special token of that name, or else the text with
  /// and without a space before it.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func spellings(of text: String) throws(TokenizerError) -> [[TokenID]] {
    if let special = specialToken(text) { return [[special]] }
    return text.isEmpty ? [] : try [encode(text), encode(" " + text)].filter { !$0.isEmpty }
  }
}
