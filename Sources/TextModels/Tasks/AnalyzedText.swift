import CRATELM
public import Tokenizer

extension TextModel {
  /// Sequences of one length for an analysis, cut from `text` one after the other and, for a masked
  /// model, in the frame of its special tokens.
  ///
  /// Documents follow each other as in packed data, each ended by the token that ends a text.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - length: the tokens of each sequence, its frame included; at most the model's context.
  ///   - tokenLimit: the most tokens of text to use, but at least a sequence.
  /// - Returns: a sequence or more; tokens at the end that fill none are left out.
  /// - Throws: `ConfigurationError` or `DataError` if the text is shorter than a sequence;
  ///   ``InputError``, `DataError`, `FileError` for the text.
  public func sequences(
    of text: Perplexity.Text, length: Int, tokenLimit: Int
  ) throws -> [[TokenID]] {
    let frame = try maskingVocabulary()?.frame ?? .none
    let content = length - frame.tokenCount
    let limit = max(tokenLimit, content)
    let ids: [TokenID]
    switch text {
    case .documents(let source): ids = try firstTokens(of: source, limit)
    case .data(let data, let split):
      let tokens = data[split]
      ids = try tokens.tokens(0..<min(limit, tokens.tokenCount))
      guard ids.count >= content else {
        throw DataError.splitTooShort(
          data.directory, split, tokens: tokens.tokenCount, contextLength: length)
      }
    }
    guard ids.count >= content else {
      throw ConfigurationError(
        """
        The text has \(ids.count) tokens, fewer than a sequence of \(content); give more text, or a \
        shorter context.
        """)
    }
    return (0..<ids.count / content).map { index in
      let part = ids[index * content..<(index + 1) * content]
      return (frame.beginning.map { [$0] } ?? []) + part + (frame.end.map { [$0] } ?? [])
    }
  }

  private struct Enough: Error {}

  /// At most `limit` tokens from the start of `source`.
  private func firstTokens(of source: DocumentSource, _ limit: Int) throws -> [TokenID] {
    var ids: [TokenID] = []
    var encoder = tokenizer.makeEncoder()
    do {
      try source.forEachChunk { chunk in
        try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
        if chunk.isLast, let end = tokenizer.endOfText { ids.append(end) }
        if ids.count >= limit { throw Enough() }
      }
    } catch is Enough {}
    return Array(ids.prefix(limit))
  }
}
