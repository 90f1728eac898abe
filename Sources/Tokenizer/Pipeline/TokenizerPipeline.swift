/// What a tokenizer has whatever its model: text is normalised, added tokens are found in it, and
/// the text between them is split into pieces, of which the model makes tokens.
struct TokenizerPipeline: Sendable {
  /// The bytes of all tokens, added ones included.
  let vocabulary: Vocabulary
  let normalizer: Normalizer
  /// The tokens that are found in text before pieces are, in the order of their ids.
  let addedTokens: [AddedToken]
  /// The added tokens that the file has beside its vocabulary, not in it.
  let idsOutsideVocabulary: Set<TokenID>
  let postProcessor: PostProcessor?
  /// What the file asks to be done to the tokens of many texts.
  let batching: BatchRules
  /// The added tokens that are found in normalised text, as they stand there.
  let normalizedContents: [TokenID: [UInt8]]
  /// Finds the added tokens in text as it is.
  let rawMatcher: AddedTokenMatcher
  /// Finds the added tokens in normalised text.
  let normalizedMatcher: AddedTokenMatcher

  init(
    _ vocabulary: Vocabulary, addedTokens: [AddedToken], idsOutsideVocabulary: Set<TokenID> = [],
    normalizer: Normalizer = Normalizer(steps: []), postProcessor: PostProcessor? = nil,
    batching: BatchRules = BatchRules()
  ) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.normalizer = normalizer
    self.addedTokens = addedTokens.sorted { $0.id < $1.id }
    self.idsOutsideVocabulary = idsOutsideVocabulary
    self.postProcessor = postProcessor
    self.batching = batching
    var contents: [TokenID: [UInt8]] = [:]
    for token in addedTokens where token.isNormalized {
      contents[token.id] = try normalizer.normalized(Array(token.content.utf8).span)
    }
    normalizedContents = contents
    rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized }, writtenAs: contents)
    normalizedMatcher = AddedTokenMatcher(
      addedTokens.filter(\.isNormalized), writtenAs: contents)
  }

  /// The special tokens that a decoder leaves out if so asked: as in the library, not those that
  /// stand in normalised text in another way.
  var skippedIDs: Set<TokenID> {
    Set(
      addedTokens.filter { token in
        token.isSpecial && normalizedContents[token.id]?.elementsEqual(token.content.utf8) ?? true
      }.map(\.id))
  }
}
