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
    var (start, search) = (0, 0)
    while let match = tokenizer.rawMatcher.next(
      in: text, from: search, taken: start, specialTokens)
    {
      let segment = text.extracting(start..<max(start, match.range.lowerBound))
      encodeSegment(segment, specialTokens, into: &ids)
      ids.append(match.id)
      (start, search) = (match.range.upperBound, match.end)
    }
    encodeSegment(text.extracting(start..<text.count), specialTokens, into: &ids)
  }

  mutating func encodeWithOffsets(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling
  ) throws(TokenizerError) -> [LocatedToken] {
    try UTF8Scan.validate(text)
    var tokens: [LocatedToken] = []
    var (start, search) = (0, 0)
    while let match = tokenizer.rawMatcher.next(
      in: text, from: search, taken: start, specialTokens)
    {
      locateSegment(text, start..<max(start, match.range.lowerBound), specialTokens, into: &tokens)
      tokens.append(LocatedToken(id: match.id, range: match.range))
      (start, search) = (match.range.upperBound, match.end)
    }
    locateSegment(text, start..<text.count, specialTokens, into: &tokens)
    if let trimming = tokenizer.postProcessor?.offsetTrimming {
      OffsetTrimmer(tokenizer, trimming).trim(&tokens, in: text)
    }
    return tokens
  }

  /// Appends the ids of text between the added tokens of text as it is.
  private mutating func encodeSegment(
    _ segment: Span<UInt8>, _ specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) {
    if tokenizer.normalizer.steps.isEmpty {
      encodeNormalized(segment, specialTokens, into: &ids)
    } else {
      let normalized = tokenizer.normalizer.normalized(segment)
      encodeNormalized(normalized.span, specialTokens, into: &ids)
    }
  }

  /// Appends the ids of normalised text.
  private mutating func encodeNormalized(
    _ text: Span<UInt8>, _ specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) {
    var (start, search) = (0, 0)
    while let match = tokenizer.normalizedMatcher.next(
      in: text, from: search, taken: start, specialTokens)
    {
      encodePieces(text.extracting(start..<max(start, match.range.lowerBound)), into: &ids)
      ids.append(match.id)
      (start, search) = (match.range.upperBound, match.end)
    }
    encodePieces(text.extracting(start..<text.count), into: &ids)
  }

  private mutating func locateSegment(
    _ text: Span<UInt8>, _ segment: Range<Int>, _ specialTokens: SpecialTokenHandling,
    into tokens: inout [LocatedToken]
  ) {
    let (normalized, alignment) = tokenizer.normalizer.aligned(text.extracting(segment))
    func add(_ id: TokenID, _ range: Range<Int>) {
      let original = alignment.original(range)
      let start = segment.lowerBound + original.lowerBound
      tokens.append(LocatedToken(id: id, range: start..<start + original.count))
    }
    var (start, search) = (0, 0)
    while let match = tokenizer.normalizedMatcher.next(
      in: normalized.span, from: search, taken: start, specialTokens)
    {
      locatePieces(normalized.span, start..<max(start, match.range.lowerBound), add)
      add(match.id, match.range)
      (start, search) = (match.range.upperBound, match.end)
    }
    locatePieces(normalized.span, start..<normalized.count, add)
  }

  /// Gives the tokens of `range` of normalised text, and the scalars there that they are of.
  private mutating func locatePieces(
    _ text: Span<UInt8>, _ range: Range<Int>, _ add: (TokenID, Range<Int>) -> Void
  ) {
    var ids: [TokenID] = []
    encodePieces(text.extracting(range), into: &ids)
    var start = range.lowerBound
    for id in ids {
      let end = start + tokenizer.vocabulary.byteCount(of: id)
      var (first, last) = (start, end)
      // A token of some bytes of a scalar comes from the whole of it.
      while first > range.lowerBound, text[first] & 0xC0 == 0x80 { first -= 1 }
      while last < range.upperBound, text[last] & 0xC0 == 0x80 { last += 1 }
      add(id, first..<last)
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
