/// A tokenizer that does, part by part, what its `tokenizer.json` says: any pre-tokenizers, byte
/// pair encoding or WordPiece by any rules, and any decoder.
///
/// The combinations that GPT-2 and BERT made common have types of their own, which are quicker:
/// ``ByteLevelBPETokenizer`` and ``WordPieceTokenizer``.
public struct ComposedTokenizer: TextTokenizer, PipelineTokenizer {
  let pipeline: TokenizerPipeline
  /// How text is taken apart; `nil` where it stays whole.
  public let preTokenizer: PreTokenizer?
  /// How tokens become text; `nil` where they are put beside each other with a space between.
  public let decoder: Decoder?
  let composedModel: ComposedModel
  /// Where pieces may be cut without a change of their tokens; `nil` where that is not known.
  private let wordStarts: WordStarts?

  /// A tokenizer of these parts.
  init(
    _ pipeline: TokenizerPipeline, _ model: ComposedModel, preTokenizer: PreTokenizer?,
    decoder: Decoder?
  ) {
    self.pipeline = pipeline
    self.preTokenizer = preTokenizer
    self.decoder = decoder
    composedModel = model
    if case .bytePair(let merges, _, let rules) = model {
      wordStarts = WordStarts(pipeline.vocabulary, merges, rules)
    } else {
      wordStarts = nil
    }
  }

  /// Byte pair encoding, byte-level where the decoder makes bytes of tokens, or WordPiece.
  public var model: TokenizerModel {
    switch composedModel {
    case .bytePair(let merges, _, _):
      decoder?.endsWithByteLevel ?? false
        ? .byteLevelBPE(mergeCount: merges.count) : .bytePair(mergeCount: merges.count)
    case .wordPiece: .wordPiece
    }
  }

  /// The id of the token for what has no other; `nil` where there is none.
  public var unknownID: TokenID? {
    switch composedModel {
    case .bytePair(_, _, let rules): rules.unknownToken.flatMap(pipeline.vocabulary.id)
    case .wordPiece(_, let unknownID, _): unknownID
    }
  }

  /// How words become pieces; `nil` where the model is not WordPiece.
  public var wordPieceRules: WordPieceTokenizer.Rules? {
    if case .wordPiece(_, _, let rules) = composedModel { rules } else { nil }
  }

  // MARK: Tokens

  /// How the file writes the token `id`; `nil` where no token has that id.
  public func spelling(of id: TokenID) -> String? {
    written(id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes that the token `id` stands for inside a text, but a piece of WordPiece with its
  /// prefix; `nil` where no token has that id.
  public func bytes(of id: TokenID) -> [UInt8]? {
    switch composedModel {
    case .wordPiece: written(id)
    case .bytePair: decoder == nil ? written(id) : text(of: id, isFirst: false)
    }
  }

  /// The bytes that the token `id` adds to decoded text, which it may begin.
  public func text(of id: TokenID, isFirst: Bool) -> [UInt8]? {
    decodable(id).map { token in
      decoder?.text(of: token, isFirst: isFirst) ?? (isFirst ? token : [0x20] + token)
    }
  }

  /// The id of the token that stands for exactly `bytes`, added tokens first.
  public func id(of bytes: [UInt8]) -> TokenID? {
    if let added = addedTokens.first(where: { $0.content.utf8.elementsEqual(bytes) }) {
      return added.id
    }
    if decoder?.endsWithByteLevel ?? false {
      return pipeline.vocabulary.id(of: ByteAlphabet.units(of: bytes.span))
    }
    if let id = pipeline.vocabulary.id(of: bytes) { return id }
    return (0..<TokenID(vocabularySize)).first { self.bytes(of: $0) == bytes }
  }

  /// How the vocabulary writes the token `id`, in UTF-8.
  private func written(_ id: TokenID) -> [UInt8]? { pipeline.vocabulary.bytes(of: id) }

  /// What a decoder gets for the token `id`; a token that is found in normalised text stands there
  /// normalised.
  private func decodable(_ id: TokenID) -> [UInt8]? {
    pipeline.normalizedContents[id] ?? written(id)
  }

  /// The text of `ids`, exactly as `tokenizers` decodes them, but that bytes stay bytes if making
  /// them is the last step.
  ///
  /// - Throws: `TokenizerError.unknownID` where an id has no token; `.patternTooCostly`.
  public func decode(
    _ ids: [TokenID], skipSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8] {
    let skipped = skipSpecialTokens ? pipeline.skippedIDs : []
    var tokens: [[UInt8]] = []
    for id in ids where !skipped.contains(id) {
      guard let token = decodable(id) else {
        throw .unknownID(id, vocabularySize: vocabularySize)
      }
      tokens.append(token)
    }
    switch decoder {
    case nil: return Array(tokens.joined(separator: [0x20]))
    case .byteLevel: return Text.bytes(spelledBy: tokens)
    case let decoder?: return Array(try decoder.decoded(tokens).joined())
    }
  }

  // MARK: Text

  func makeModel() -> ComposedMatcher {
    switch composedModel {
    case .bytePair(_, let table, let rules):
      ComposedMatcher(SpelledMerger(pipeline.vocabulary, table, rules))
    case .wordPiece(let trie, let unknownID, let rules):
      ComposedMatcher(WordMatcher(trie, unknownID: unknownID, rules))
    }
  }

  func encode(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ normalization: inout NormalizationBuffer, _ pieces: inout PieceCache<ComposedMatcher>,
    into ids: inout [TokenID]
  ) throws(TokenizerError) {
    if preTokenizer?.dependsOnPlace ?? false {
      return try forEachPart(
        of: text, segment, specialTokens, cutting: wordStarts
      ) { part, token, _ in
        pieces.append(part.bytes.span, part.pieces, to: &ids)
        if let token { ids.append(token.id) }
      }
    }
    try normalization.withNormalized(text.extracting(segment)) { text throws(TokenizerError) in
      var parts = pipeline.normalizedMatcher.parts(specialTokens)
      while let (range, token) = parts.next(in: text) {
        var part = SplitText(text.extracting(range))
        try split(&part, cutting: wordStarts)
        pieces.append(part.bytes.span, part.pieces, to: &ids)
        if let token { ids.append(token.id) }
      }
    }
  }

  func locate(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ pieces: inout PieceCache<ComposedMatcher>, into tokens: inout [FoundToken]
  ) throws(TokenizerError) {
    let starts = wordStarts?.keepsPlaces ?? false ? wordStarts : nil
    try forEachPart(
      of: text, segment, specialTokens, cutting: starts
    ) { part, token, normalized in
      for piece in part.pieces { locate(part, piece, of: text, &pieces, into: &tokens) }
      if let token { tokens.append(added(token.id, as: normalized, from: token.place)) }
    }
  }

  /// Takes `text` apart, also at `wordStarts`.
  private func split(
    _ text: inout SplitText, cutting wordStarts: WordStarts?
  ) throws(TokenizerError) {
    try preTokenizer?.apply(to: &text)
    if let wordStarts { try text.split(longerThan: WordStarts.shortest, wordStarts.parts) }
  }

  /// Calls `body` with each text between added tokens of `segment`, taken apart and with its places,
  /// and with the added token behind it, its place in `text` and how it stands in normalised text.
  private func forEachPart(
    of text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    cutting wordStarts: WordStarts?,
    _ body: (SplitText, (id: TokenID, place: Range<Int>)?, Span<UInt8>) -> Void
  ) throws(TokenizerError) {
    let (normalized, alignment) = try normalizer.aligned(text.extracting(segment))
    var parts = pipeline.normalizedMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: normalized.span) {
      let origin = SplitText.Origin(
        alignment: alignment, start: range.lowerBound, inputStart: segment.lowerBound)
      var part = SplitText(normalized.span.extracting(range), origin: origin)
      try split(&part, cutting: wordStarts)
      guard let token else {
        body(part, nil, Span())
        continue
      }
      let original = alignment.original(token.range)
      let start = segment.lowerBound + original.lowerBound
      body(
        part, (token.id, start..<start + original.count), normalized.span.extracting(token.range))
    }
  }

  /// Appends the tokens of the piece `range` of `text`, which came from `input`.
  private func locate(
    _ text: SplitText, _ range: Range<Int>, of input: Span<UInt8>,
    _ pieces: inout PieceCache<ComposedMatcher>, into tokens: inout [FoundToken]
  ) {
    let piece = text.bytes.span.extracting(range)
    var end = 0
    for (id, length) in pieces.withModel({ $0.located(piece) }) {
      let (first, last) = (end, end + length)
      end = last
      guard last <= piece.count else {
        // Tokens of bytes that only the spelling of a character has: as in the library, their
        // places are those in the piece, taken for places in the input.
        let start = input.scalarStart(first)
        tokens.append(made(id, from: start..<max(start, input.scalarStart(last))))
        continue
      }
      let whole = piece.wholeScalars(first..<last)
      let place = range.lowerBound + whole.lowerBound..<range.lowerBound + whole.upperBound
      tokens.append(made(id, from: text.original(place)))
    }
  }
}
