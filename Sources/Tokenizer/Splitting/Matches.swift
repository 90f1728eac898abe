/// A text cut at the matches of a pattern: these, and what is between them.
struct Matches {
  /// All of the text, part by part; which of the parts are matches.
  private var spans: [(range: Range<Int>, isMatch: Bool)] = []

  /// The matches `ranges` of `text`, from left to right, or what is between them if `isInverted`.
  init(_ ranges: [Range<Int>], in text: Span<UInt8>, isInverted: Bool) {
    var end = 0
    for range in ranges {
      if end < range.lowerBound { spans.append((end..<range.lowerBound, isInverted)) }
      spans.append((range, !isInverted))
      end = range.upperBound
    }
    if end < text.count { spans.append((end..<text.count, isInverted)) }
  }

  /// Each scalar of `text`, known to be UTF-8, that `isMatch` takes.
  init(in text: Span<UInt8>, where isMatch: (UInt32) -> Bool) {
    var (position, end) = (0, 0)
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      if isMatch(value) {
        if end < position { spans.append((end..<position, false)) }
        end = position + length
        spans.append((position..<end, true))
      }
      position += length
    }
    if end < text.count { spans.append((end..<text.count, false)) }
  }

  /// The pieces that are left; some may be empty.
  func parts(_ behavior: SplitBehavior) -> [Range<Int>] {
    switch behavior {
    case .removed: spans.filter { !$0.isMatch }.map(\.range)
    case .isolated: spans.map(\.range)
    case .contiguous: joined { $0 == $1 }
    case .mergedWithPrevious: joined { !$0 && $1 }
    case .mergedWithNext: joinedFromTheEnd()
    }
  }

  /// The parts, each joined to the one before where `joins` says so of the two; what is before the
  /// first counts as no match.
  private func joined(_ joins: (_ previous: Bool, _ isMatch: Bool) -> Bool) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var previous = false
    for (range, isMatch) in spans {
      if joins(previous, isMatch), let last = parts.popLast() {
        parts.append(last.lowerBound..<range.upperBound)
      } else {
        parts.append(range)
      }
      previous = isMatch
    }
    return parts
  }

  private func joinedFromTheEnd() -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var next = false
    for (range, isMatch) in spans.reversed() {
      if isMatch, !next, let last = parts.popLast() {
        parts.append(range.lowerBound..<last.upperBound)
      } else {
        parts.append(range)
      }
      next = isMatch
    }
    return parts.reversed()
  }
}
