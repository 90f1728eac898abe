public import CRATELM
public import Storage
import Tokenizer

extension TextModel {
  /// Sequences of one length for an analysis, cut from `text` one after the other and, for a masked
  /// model, in the frame of its special tokens.
  ///
  /// Documents follow each other as in packed data, each ended by the token that ends a text.
  ///
  /// - Parameters:
  ///   - text: the text; read no further than needed.
  ///   - length: the tokens of each sequence, its frame included; at most the model's context.
  ///   - tokenLimit: the most tokens of text to use, but at least a sequence.
  /// - Returns: a sequence or more; tokens at the end that fill none are left out.
  /// - Throws: `ConfigurationError` or `DataError` if the text is shorter than a sequence;
  ///   ``InputError``, `DataError`, `FileError` for the text.
  public func sequences(
    of text: Perplexity.Text, length: Int, tokenLimit: Int
  ) throws -> TokenSequences {
    try sequences(of: text, length: length, tokenLimit: tokenLimit, hash: nil)
  }

  /// The same sequences with the identity of the text, which is read to its end.
  ///
  /// - Returns: the sequences, and the SHA-256 of the bytes of all documents or, of packed data,
  ///   their `TokenData.fingerprint()`.
  /// - Throws: as ``sequences(of:length:tokenLimit:)``.
  public func identifiedSequences(
    of text: Perplexity.Text, length: Int, tokenLimit: Int
  ) throws -> (sequences: TokenSequences, text: Fingerprint) {
    let hash = SHA256()
    let sequences = try sequences(of: text, length: length, tokenLimit: tokenLimit, hash: hash)
    switch text {
    case .documents: return (sequences, Fingerprint(digest: hash.finalize()))
    case .data(let data, _): return (sequences, try data.fingerprint())
    }
  }

  private func sequences(
    of text: Perplexity.Text, length: Int, tokenLimit: Int, hash: SHA256?
  ) throws -> TokenSequences {
    let frame = try maskingVocabulary()?.frame ?? .none
    let content = length - frame.tokenCount
    let limit = max(tokenLimit, content)
    switch text {
    case .documents(let source):
      let ids = try firstTokens(of: source, limit, hash: hash)
      guard ids.count >= content else {
        throw ConfigurationError(
          """
          The text has \(ids.count.counting("token")), fewer than a sequence of \(content); give \
          more text, or a shorter context.
          """)
      }
      return TokenSequences(ids, length: length, frame: frame)
    case .data(let data, let split):
      let tokens = data[split]
      guard tokens.tokenCount >= content else {
        throw DataError.splitTooShort(
          data.directory, split, tokens: tokens.tokenCount, contextLength: length)
      }
      return TokenSequences(tokens, tokenCount: limit, length: length, frame: frame)
    }
  }

  private struct Enough: Error {}

  /// At most `limit` tokens from the start of `source`, whose bytes are hashed to the end.
  private func firstTokens(
    of source: DocumentSource, _ limit: Int, hash: SHA256?
  ) throws -> [TokenID] {
    var ids: [TokenID] = []
    var encoder = tokenizer.makeEncoder()
    do {
      try source.forEachChunk(for: tokenizer) { chunk in
        hash?.update(chunk.bytes)
        if ids.count < limit {
          try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
          if chunk.isLast, let end = textBounds.end { ids.append(end) }
        }
        if ids.count >= limit, hash == nil { throw Enough() }
      }
    } catch is Enough {}
    return Array(ids.prefix(limit))
  }
}
