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

/// Makes tokens of the text between added tokens, on one thread.
protocol PieceModel {
  /// Appends the ids of normalised text.
  mutating func encode(_ text: Span<UInt8>, into ids: inout [TokenID])

  /// Appends the ids of text that `normalization` is still to be applied to; a model may know a
  /// shorter way for some texts.
  mutating func encode(
    _ text: Span<UInt8>, _ normalization: NormalizationBuffer, into ids: inout [TokenID])

  /// Calls `add` with each token of `range` of normalised text, and with its place there.
  mutating func locate(
    _ text: Span<UInt8>, _ range: Range<Int>, _ add: (TokenID, Range<Int>) -> Void)

  /// Changes the places of `tokens`, all of `text`, as a post-processor asks for.
  func trim(_ tokens: inout [LocatedToken], in text: Span<UInt8>)
}

extension PieceModel {
  mutating func encode(
    _ text: Span<UInt8>, _ normalization: NormalizationBuffer, into ids: inout [TokenID]
  ) {
    normalization.withNormalized(text) { encode($0, into: &ids) }
  }

  func trim(_ tokens: inout [LocatedToken], in text: Span<UInt8>) {}
}

/// Takes text through a pipeline to a model.
struct PipelineEncoder<Model: PieceModel>: TextEncoder {
  private let pipeline: TokenizerPipeline
  private var model: Model
  private let normalization: NormalizationBuffer

  init(_ pipeline: TokenizerPipeline, _ model: Model) {
    self.pipeline = pipeline
    self.model = model
    normalization = NormalizationBuffer(pipeline.normalizer)
  }

  mutating func encode(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) throws(TokenizerError) {
    try UTF8Scan.validate(text)
    var parts = pipeline.rawMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: text) {
      encodeSegment(text.extracting(range), specialTokens, into: &ids)
      if let token { ids.append(token.id) }
    }
  }

  /// Appends the ids of text between the added tokens of text as it is.
  private mutating func encodeSegment(
    _ segment: Span<UInt8>, _ specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) {
    if pipeline.normalizedMatcher.isIdle(specialTokens) {
      return model.encode(segment, normalization, into: &ids)
    }
    normalization.withNormalized(segment) { text in
      var parts = pipeline.normalizedMatcher.parts(specialTokens)
      while let (range, token) = parts.next(in: text) {
        model.encode(text.extracting(range), into: &ids)
        if let token { ids.append(token.id) }
      }
    }
  }

  mutating func encodeWithOffsets(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling
  ) throws(TokenizerError) -> [LocatedToken] {
    try UTF8Scan.validate(text)
    var tokens: [LocatedToken] = []
    var parts = pipeline.rawMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: text) {
      locateSegment(text, range, specialTokens, into: &tokens)
      if let token { tokens.append(token) }
    }
    model.trim(&tokens, in: text)
    return tokens
  }

  private mutating func locateSegment(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    into tokens: inout [LocatedToken]
  ) {
    let (normalized, alignment) = pipeline.normalizer.aligned(text.extracting(segment))
    func add(_ id: TokenID, _ range: Range<Int>) {
      let original = alignment.original(range)
      let start = segment.lowerBound + original.lowerBound
      tokens.append(LocatedToken(id: id, range: start..<start + original.count))
    }
    var parts = pipeline.normalizedMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: normalized.span) {
      model.locate(normalized.span, range, add)
      if let token { add(token.id, token.range) }
    }
  }
}

/// A tokenizer of a pipeline and a model.
protocol PipelineTokenizer: TextTokenizer {
  associatedtype Model: PieceModel

  var pipeline: TokenizerPipeline { get }

  /// A model for one thread.
  func makeModel() -> Model
}

extension PipelineTokenizer {
  /// What is done to text before it is split.
  public var normalizer: Normalizer { pipeline.normalizer }

  /// The tokens that are found in text before pieces are, in the order of their ids.
  public var addedTokens: [AddedToken] { pipeline.addedTokens }

  /// The special ones of ``addedTokens``.
  public var specialTokens: [SpecialToken] {
    addedTokens.filter(\.isSpecial).map { SpecialToken(id: $0.id, content: $0.content) }
  }

  /// What is put around a text where that is asked for.
  public var postProcessor: PostProcessor? { pipeline.postProcessor }

  /// The largest id plus one.
  public var vocabularySize: Int { pipeline.vocabulary.size }

  /// The number of tokens; less than ``vocabularySize`` where ids have gaps.
  public var tokenCount: Int { pipeline.vocabulary.count }

  /// The bytes of the token `id`; `nil` where no token has that id.
  public func bytes(of id: TokenID) -> [UInt8]? { pipeline.vocabulary.bytes(of: id) }

  /// The id of the token that stands for exactly `bytes`.
  public func id(of bytes: [UInt8]) -> TokenID? { pipeline.vocabulary.id(of: bytes) }

  /// An encoder for one thread.
  public func makeEncoder() -> any TextEncoder { PipelineEncoder(pipeline, makeModel()) }
}
