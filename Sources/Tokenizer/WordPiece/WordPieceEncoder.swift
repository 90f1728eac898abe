/// Encodes texts on one thread; remembers the words that it has seen.
///
/// BERT's normalisation of ASCII words, lower case, is done on the way to the cache. Anything
/// else, up to the next white space, is normalised first.
struct WordPieceEncoder: TextEncoder {
  private let tokenizer: WordPieceTokenizer
  private let split = BertSplit()
  private let cache = PieceCache()
  private var bounds = PieceBounds()
  private var buffer = IDBuffer()
  private var matcher: WordMatcher
  /// The passes for what is not plain ASCII, with the memory for their results.
  private var passes: [NormalizationPass] = []
  private var stages: [NormalizedText] = []
  /// Whether BERT's normaliser is the only one, so that plain ASCII needs no pass.
  private let isFused: Bool
  private let lowercases: Bool

  init(_ tokenizer: WordPieceTokenizer) {
    self.tokenizer = tokenizer
    matcher = WordMatcher(tokenizer)
    let steps = tokenizer.normalizer.steps
    if case .bert(let normalizer)? = steps.first, steps.count == 1 {
      isFused = true
      lowercases = normalizer.lowercases
    } else {
      isFused = steps.isEmpty
      lowercases = false
    }
    passes = tokenizer.normalizer.passes
    stages = passes.map { _ in NormalizedText(capacity: 0, recordsRuns: false) }
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
    return tokens
  }

  private mutating func encodeSegment(
    _ segment: Span<UInt8>, _ specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) {
    if !tokenizer.normalizedMatcher.isEmpty {
      // Rare enough for the slower way.
      var tokens: [LocatedToken] = []
      locateSegment(segment, 0..<segment.count, specialTokens, into: &tokens)
      ids.append(contentsOf: tokens.lazy.map(\.id))
    } else if isFused {
      encodeFused(segment, into: &ids)
    } else {
      encodeOther(segment, into: &ids)
    }
    buffer.empty(into: &ids)
  }

  /// Appends the ids of text that only BERT's normaliser may change.
  private mutating func encodeFused(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    var position = 0
    while position < text.count {
      let (end, isOther) = bounds.findWords(in: text, from: position)
      encodeWords(text, lowercases: lowercases, into: &ids)
      position = isOther ? encodeUpToSpace(text, from: end, into: &ids) : end
    }
  }

  /// Appends the ids of the words `bounds` of `text`, ASCII put in lower case if so asked.
  private mutating func encodeWords(
    _ text: Span<UInt8>, lowercases: Bool, into ids: inout [TokenID]
  ) {
    var done = 0
    while true {
      done +=
        lowercases
        ? cache.appendLowercased(text, bounds, after: done, to: &buffer)
        : cache.append(text, bounds, after: done, merges: nil, to: &buffer)
      if done == bounds.count { return }
      let needsRoom = buffer.isNearlyFull
      buffer.empty(into: &ids)
      if needsRoom { continue }
      let word = bounds.range(done)
      matcher.match(text, word, lowercases: lowercases)
      cache.remember(text, word, lowercased: lowercases, matcher.ids)
      ids.append(contentsOf: matcher.ids)
      done += 1
    }
  }

  /// Appends the ids of the text from `start` to an ASCII white space behind which no other
  /// character that has to be normalised begins a word; returns its place.
  ///
  /// Nothing before a white space depends on what comes behind it, nor the other way round.
  private mutating func encodeUpToSpace(
    _ text: Span<UInt8>, from start: Int, into ids: inout [TokenID]
  ) -> Int {
    var end = start
    var next = start
    repeat {
      end = next
      while end < text.count, split.byteClasses[Int(text[end])] != BertSplit.ByteClass.space {
        end &+= 1
      }
      next = end &+ 1
    } while next < text.count
      && split.byteClasses[Int(text[next])] == BertSplit.ByteClass.other
    encodeOther(text.extracting(start..<end), into: &ids)
    return end
  }

  /// Appends the ids of text that has to be normalised.
  private mutating func encodeOther(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    for (index, pass) in passes.enumerated() {
      var output = NormalizedText(capacity: 0, recordsRuns: false)
      swap(&output, &stages[index])
      output.removeAll()
      if index == 0 {
        pass.apply(to: text, into: &output)
      } else {
        let input = stages[index - 1].bytes
        pass.apply(to: input.span, into: &output)
      }
      swap(&output, &stages[index])
    }
    guard let last = stages.indices.last else {
      encodeNormalized(text, into: &ids)
      return
    }
    let normalized = stages[last].bytes
    encodeNormalized(normalized.span, into: &ids)
  }

  private mutating func encodeNormalized(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    var position = 0
    while position < text.count {
      bounds.removeAll()
      while bounds.count < PieceBounds.capacity, let word = split.next(in: text, from: &position) {
        bounds.append(word)
      }
      encodeWords(text, lowercases: false, into: &ids)
    }
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
      locateWords(normalized.span, start..<max(start, match.range.lowerBound), add)
      add(match.id, match.range)
      (start, search) = (match.range.upperBound, match.end)
    }
    locateWords(normalized.span, start..<normalized.count, add)
  }

  /// Gives the tokens of the words in `range` of normalised text, and their places there.
  private mutating func locateWords(
    _ text: Span<UInt8>, _ range: Range<Int>, _ add: (TokenID, Range<Int>) -> Void
  ) {
    let part = text.extracting(..<range.upperBound)
    var position = range.lowerBound
    while let word = split.next(in: part, from: &position) {
      matcher.match(part, word)
      var start = word.lowerBound
      for (id, length) in zip(matcher.ids, matcher.lengths) {
        add(id, start..<start + length)
        start += length
      }
    }
  }
}
