/// Encodes texts on one thread; remembers the pieces that it has seen.
struct BytePairEncoder: TextEncoder {
  private let tokenizer: ByteLevelBPETokenizer
  private let cache = PieceCache()
  private var bounds = PieceBounds()
  private var buffer = IDBuffer()
  private var merger: PieceMerger

  init(_ tokenizer: ByteLevelBPETokenizer) {
    self.tokenizer = tokenizer
    merger = PieceMerger(merges: tokenizer.mergeTable, byteIDs: tokenizer.byteIDs)
  }

  mutating func encode(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) throws(TokenizerError) {
    try UTF8Scan.validate(text)
    var start = 0
    while let match = nextSpecialToken(in: text, from: start, specialTokens) {
      encodeSegment(text.extracting(start..<match.range.lowerBound), into: &ids)
      ids.append(match.id)
      start = match.range.upperBound
    }
    encodeSegment(text.extracting(start..<text.count), into: &ids)
  }

  mutating func encodeWithOffsets(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling
  ) throws(TokenizerError) -> [LocatedToken] {
    try UTF8Scan.validate(text)
    var tokens: [LocatedToken] = []
    var start = 0
    while let match = nextSpecialToken(in: text, from: start, specialTokens) {
      locateSegment(text, start..<match.range.lowerBound, into: &tokens)
      tokens.append(LocatedToken(id: match.id, range: match.range))
      start = match.range.upperBound
    }
    locateSegment(text, start..<text.count, into: &tokens)
    return tokens
  }

  private func nextSpecialToken(
    in text: Span<UInt8>, from start: Int, _ handling: SpecialTokenHandling
  ) -> SpecialTokenMatcher.Match? {
    switch handling {
    case .recognize: tokenizer.specialMatcher.next(in: text, from: start)
    case .treatAsText: nil
    }
  }

  /// Appends the ids of text between special tokens.
  private mutating func encodeSegment(_ segment: Span<UInt8>, into ids: inout [TokenID]) {
    if tokenizer.normalizer.steps.isEmpty {
      encodePieces(segment, into: &ids)
    } else {
      let normalized = tokenizer.normalizer.normalized(segment)
      encodePieces(normalized.span, into: &ids)
    }
  }

  private mutating func locateSegment(
    _ text: Span<UInt8>, _ segment: Range<Int>, into tokens: inout [LocatedToken]
  ) {
    let (normalized, alignment) = tokenizer.normalizer.aligned(text.extracting(segment))
    var ids: [TokenID] = []
    encodePieces(normalized.span, into: &ids)
    var start = 0
    for id in ids {
      let end = start + tokenizer.vocabulary.byteCount(of: id)
      let range = alignment.original(start..<end)
      tokens.append(
        LocatedToken(
          id: id,
          range: segment.lowerBound + range.lowerBound..<segment.lowerBound + range.upperBound))
      start = end
    }
  }

  private mutating func encodePieces(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    let merges = tokenizer.mergesAlone ? (tokenizer.mergeTable, tokenizer.byteIDs) : nil
    var start = 0
    while start < text.count {
      tokenizer.splitter.find(in: text, from: start, &bounds)
      var done = 0
      while true {
        done += cache.append(text, bounds, after: done, merges: merges, to: &buffer)
        if done == bounds.count { break }
        let needsRoom = buffer.isNearlyFull
        buffer.empty(into: &ids)
        if needsRoom { continue }
        let pieceIDs = self.pieceIDs(text, bounds.range(done))
        cache.remember(text, bounds.range(done), pieceIDs)
        ids.append(contentsOf: pieceIDs)
        done += 1
      }
      start = bounds.range(bounds.count - 1).upperBound
    }
    buffer.empty(into: &ids)
  }

  /// The ids of the piece `range` of `text`.
  private mutating func pieceIDs(_ text: Span<UInt8>, _ range: Range<Int>) -> [TokenID] {
    if let id = tokenizer.unreachable(Array(copying: text.extracting(range))) { return [id] }
    merger.merge(text, range)
    return merger.ids
  }
}
