/// Makes tokens of words, at each place the longest.
///
/// BERT's normalisation of ASCII words, lower case, is done on the way to the cache. Anything
/// else, up to the next white space, is normalised first.
struct WordPieceModel: PieceModel {
  private let split = BertSplit()
  private let cache = PieceCache()
  private var matcher: WordMatcher
  /// Whether BERT's normaliser is the only one, so that plain ASCII needs no pass.
  private let isFused: Bool
  private let lowercases: Bool

  init(_ tokenizer: WordPieceTokenizer) {
    matcher = WordMatcher(tokenizer)
    let steps = tokenizer.normalizer.steps
    if case .bert(let normalizer)? = steps.first, steps.count == 1 {
      isFused = true
      lowercases = normalizer.lowercases
    } else {
      isFused = steps.isEmpty
      lowercases = false
    }
  }

  mutating func encode(_ text: Span<UInt8>, into ids: inout [TokenID]) {
    cache.append(text, by: split, to: &ids) { word in
      matcher.match(text, word)
      return matcher.ids
    }
  }

  mutating func encode(
    _ text: Span<UInt8>, _ normalization: NormalizationBuffer, into ids: inout [TokenID]
  ) {
    guard isFused else { return normalization.withNormalized(text) { encode($0, into: &ids) } }
    var position = 0
    while position < text.count {
      let (end, isOther) = cache.bounds.findWords(in: text, from: position)
      cache.append(text, isLowercased: lowercases, to: &ids) { word in
        matcher.match(text, word, lowercases: lowercases)
        return matcher.ids
      }
      position = end
      if isOther {
        position = spaceBehind(end, in: text)
        cache.flush(into: &ids)
        normalization.withNormalized(text.extracting(end..<position)) { encode($0, into: &ids) }
      }
    }
    cache.flush(into: &ids)
  }

  /// The place at or after `start` of an ASCII white space behind which no other character that
  /// has to be normalised begins a word.
  ///
  /// Nothing before a white space depends on what comes behind it, nor the other way round.
  private func spaceBehind(_ start: Int, in text: Span<UInt8>) -> Int {
    var (end, next) = (start, start)
    repeat {
      end = next
      while end < text.count, split.byteClasses[Int(text[end])] != BertSplit.ByteClass.space {
        end &+= 1
      }
      next = end &+ 1
    } while next < text.count
      && split.byteClasses[Int(text[next])] == BertSplit.ByteClass.other
    return end
  }

  mutating func locate(
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
