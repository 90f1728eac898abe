public import SystemPackage

/// What the files beside a tokenizer, as transformers writes them, say about the token with a role.
public enum TokenRole: Equatable, Sendable {
  /// The token written so has it.
  case token(String)
  /// No token has it.
  case nothing
  /// They do not say.
  case unstated
}

extension TokenizerFile {
  /// The tokens that begin and end a text by the files beside the tokenizer at `path`.
  ///
  /// These are `bos_token` and `eos_token` of `tokenizer_config.json`, and those of
  /// `special_tokens_map.json` in their place unless the former has an `added_tokens_decoder`, as in
  /// transformers. Either may be a string, or an object with its `content`.
  ///
  /// - Throws: `FileError` where nothing can be read; `TokenizerError.corrupt` where a file beside
  ///   it is not what its name says.
  public static func roles(
    at path: FilePath
  ) throws -> (beginning: TokenRole, end: TokenRole) {
    guard let file = try files(at: path).first else { return (.unstated, .unstated) }
    let neighbors = try NeighborFiles(beside: file)
    return (neighbors.role("bos_token"), neighbors.role("eos_token"))
  }
}
