/// Takes text through the pipeline of a tokenizer to its model.
struct PipelineEncoder<Tokenizer: PipelineTokenizer>: TextEncoder {
  private let tokenizer: Tokenizer
  private var pieces: PieceCache<Tokenizer.Model>
  private var normalization: NormalizationBuffer

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    pieces = PieceCache(tokenizer.makeModel())
    normalization = NormalizationBuffer(tokenizer.pipeline.normalizer)
  }

  mutating func encode(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) throws(TokenizerError) {
    try UTF8Scan.validate(text)
    var parts = tokenizer.pipeline.rawMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: text) {
      try tokenizer.encode(text, range, specialTokens, &normalization, &pieces, into: &ids)
      if let token { ids.append(token.id) }
    }
  }

  mutating func encodeWithOffsets(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling
  ) throws(TokenizerError) -> [LocatedToken] {
    try UTF8Scan.validate(text)
    var tokens: [FoundToken] = []
    var parts = tokenizer.pipeline.rawMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: text) {
      try tokenizer.locate(text, range, specialTokens, &pieces, into: &tokens)
      if let token {
        let found = tokenizer.added(token.id, as: text.extracting(token.range), from: token.range)
        tokens.append(found)
      }
    }
    return tokenizer.trimmed(tokens, in: text)
  }
}

extension FindingTokenizer {
  func lengths(of ids: [TokenID], in piece: Span<UInt8>) -> [Int] {
    ids.map(pipeline.vocabulary.byteCount)
  }

  func encode(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ normalization: inout NormalizationBuffer, _ pieces: inout PieceCache<Model>,
    into ids: inout [TokenID]
  ) throws(TokenizerError) {
    let text = text.extracting(segment)
    let (matcher, finder) = (pipeline.normalizedMatcher, finder)
    guard matcher.isIdle(specialTokens) else {
      return try normalization.withNormalized(text) { text in
        var parts = matcher.parts(specialTokens)
        while let (range, token) = parts.next(in: text) {
          pieces.append(text.extracting(range), by: finder, to: &ids)
          if let token { ids.append(token.id) }
        }
      }
    }
    var position = 0
    while position < text.count {
      let rest = finder.findEarly(in: text, from: position, &pieces.bounds)
      pieces.append(text, to: &ids)
      if !rest.isEmpty {
        try normalization.withNormalized(text.extracting(rest)) {
          pieces.append($0, by: finder, to: &ids)
        }
      }
      position = rest.upperBound
    }
  }

  func locate(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    _ pieces: inout PieceCache<Model>, into tokens: inout [FoundToken]
  ) throws(TokenizerError) {
    let (normalized, alignment) = try normalizer.aligned(text.extracting(segment))
    func place(_ range: Range<Int>) -> Range<Int> {
      let original = alignment.original(range)
      let start = segment.lowerBound + original.lowerBound
      return start..<start + original.count
    }
    var parts = pipeline.normalizedMatcher.parts(specialTokens)
    while let (range, token) = parts.next(in: normalized.span) {
      locatePieces(normalized.span, range, &pieces) { tokens.append(made($0, from: place($1))) }
      if let token {
        let text = normalized.span.extracting(token.range)
        tokens.append(added(token.id, as: text, from: place(token.range)))
      }
    }
  }

  /// Calls `add` with each token of `range` of normalised text, and with its place there.
  private func locatePieces(
    _ text: Span<UInt8>, _ range: Range<Int>, _ pieces: inout PieceCache<Model>,
    _ add: (TokenID, Range<Int>) -> Void
  ) {
    let part = text.extracting(range)
    finder.forEachPiece(in: part) { piece in
      let ids = pieces.tokens(of: part.extracting(piece))
      var end = range.lowerBound + piece.lowerBound
      for (id, length) in zip(ids, lengths(of: ids, in: part.extracting(piece))) {
        // A token of some bytes of a scalar comes from the whole of it.
        add(id, text.wholeScalars(end..<end + length))
        end += length
      }
    }
  }
}
