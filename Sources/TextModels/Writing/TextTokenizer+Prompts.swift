import CRATELM
import Tokenizer

extension TextModel {
  /// The ids of a prompt; an empty one is the start of a text.
  ///
  /// - Throws: `ConfigurationError` for an empty prompt if no token begins a text;
  ///   `TokenizerError.patternTooCostly`.
  func promptIDs(_ prompt: String) throws -> [TokenID] {
    let ids = try tokenizer.encode(prompt)
    if !ids.isEmpty { return ids }
    guard let start = textBounds.beginning else {
      throw ConfigurationError(
        "The prompt is empty and no token stands before the model's texts; give a prompt.")
    }
    return [start]
  }
}

extension TextTokenizer {
  /// The sequences of ids that spell `text`: the special token of that name, or else the text with
  /// and without a space before it.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func spellings(of text: String) throws(TokenizerError) -> [[TokenID]] {
    if let special = specialToken(text) { return [[special]] }
    return text.isEmpty ? [] : try [encode(text), encode(" " + text)].filter { !$0.isEmpty }
  }
}
