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
  /// Finds the added tokens in text as it is.
  let rawMatcher: AddedTokenMatcher
  /// Finds the added tokens in normalised text.
  let normalizedMatcher: AddedTokenMatcher

  init(
    _ vocabulary: Vocabulary, addedTokens: [AddedToken], idsOutsideVocabulary: Set<TokenID> = [],
    normalizer: Normalizer = Normalizer(steps: []), postProcessor: PostProcessor? = nil
  ) {
    self.vocabulary = vocabulary
    self.normalizer = normalizer
    self.addedTokens = addedTokens.sorted { $0.id < $1.id }
    self.idsOutsideVocabulary = idsOutsideVocabulary
    self.postProcessor = postProcessor
    rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
    normalizedMatcher = AddedTokenMatcher(
      addedTokens.filter(\.isNormalized), normalizer: normalizer)
  }
}
