/// A tokenizer of a pipeline and a model.
///
/// The loops over pieces are requirements, though most tokenizers have the same: so they are
/// compiled for the types of each, where those of a generic encoder would ask for its types at run
/// time.
protocol PipelineTokenizer: TextTokenizer {
  associatedtype Model: PieceModel

  var pipeline: TokenizerPipeline { get }

  /// A model for one thread.
  func makeModel() -> Model

  /// Appends the ids of `segment` of `text`, which is between the added tokens of text as it is.
  func encode(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ normalization: inout NormalizationBuffer, _ pieces: inout PieceCache<Model>,
    into ids: inout [TokenID]
  ) throws(TokenizerError)

  /// Appends the tokens of `segment` of `text`, which is between the added tokens of text as it is.
  func locate(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ pieces: inout PieceCache<Model>, into tokens: inout [FoundToken]
  ) throws(TokenizerError)
}

/// A tokenizer that finds its pieces in text as normalisation leaves it.
protocol FindingTokenizer: PipelineTokenizer {
  associatedtype Finder: PieceFinder

  /// How text is split into pieces.
  var finder: Finder { get }

  /// How many bytes of `piece` each of its tokens `ids` stands for.
  func lengths(of ids: [TokenID], in piece: Span<UInt8>) -> [Int]
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

  /// The text of `ids`, one token after the other.
  ///
  /// - Throws: `TokenizerError.unknownID` where an id has no token.
  public func decode(
    _ ids: [TokenID], skipSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8] {
    let skipped = skipSpecialTokens ? pipeline.skippedIDs : []
    var text: [UInt8] = []
    var isFirst = true
    for id in ids where !skipped.contains(id) {
      guard let bytes = self.text(of: id, isFirst: isFirst) else {
        throw .unknownID(id, vocabularySize: vocabularySize)
      }
      text.append(contentsOf: bytes)
      isFirst = false
    }
    return text
  }

  /// What the file asks to be done to the tokens of many texts.
  public var batching: BatchRules { pipeline.batching }

  /// An encoder for one thread.
  public func makeEncoder() -> any TextEncoder { PipelineEncoder(self) }
}
