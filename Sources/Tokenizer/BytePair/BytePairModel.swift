/// Makes tokens of pieces by merging; of what `ignore_merges` asks for, too.
struct BytePairModel: PieceModel {
  private let tokenizer: ByteLevelBPETokenizer
  private let cache = PieceCache()
  private var merger: PieceMerger

  init(_ tokenizer: ByteLevelBPETokenizer) {
    self.tokenizer = tokenizer
    merger = PieceMerger(merges: tokenizer.mergeTable, byteIDs: tokenizer.byteIDs)
  }

  mutating func encode(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    let merges = tokenizer.mergesAlone ? (tokenizer.mergeTable, tokenizer.byteIDs) : nil
    cache.append(text, by: tokenizer.splitter, merges: merges, to: &ids) { piece in
      if let id = tokenizer.unreachable(text.extracting(piece)) { return [id] }
      merger.merge(text, piece)
      return merger.ids
    }
  }

  mutating func locate(
    _ text: Span<UInt8>, _ range: Range<Int>, _ add: (TokenID, Range<Int>) -> Void
  ) {
    var ids: [TokenID] = []
    encode(text.extracting(range), into: &ids)
    var start = range.lowerBound
    for id in ids {
      let end = start + tokenizer.pipeline.vocabulary.byteCount(of: id)
      var (first, last) = (start, end)
      // A token of some bytes of a scalar comes from the whole of it.
      while first > range.lowerBound, text[first] & 0xC0 == 0x80 { first -= 1 }
      while last < range.upperBound, text[last] & 0xC0 == 0x80 { last += 1 }
      add(id, first..<last)
      start = end
    }
  }

  func trim(_ tokens: inout [LocatedToken], in text: Span<UInt8>) {
    if let trimming = tokenizer.postProcessor?.offsetTrimming {
      tokenizer.trim(&tokens, in: text, trimming)
    }
  }
}
