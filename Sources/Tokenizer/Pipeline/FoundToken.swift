/// A token on its way to its place, with the white space at the ends of how it is written.
struct FoundToken {
  let id: TokenID
  var range: Range<Int>
  /// The number of spaces at its ends, for an added token those that it took of the text.
  let spaces: EndSpaces

  /// The numbers of spaces at the beginning and at the end of a text.
  struct EndSpaces {
    var leading = 0
    var trailing = 0

    init() {}

    /// The spaces at the ends of `text`, where U+0120 is one, too.
    init(of text: some StringProtocol) {
      let scalars = text.unicodeScalars
      let space = ByteAlphabet.scalars[0x20]
      func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == space || scalar.properties.isWhitespace
      }
      leading = scalars.prefix(while: isSpace).count
      trailing = scalars.reversed().prefix(while: isSpace).count
    }
  }
}

extension PipelineTokenizer {
  /// The token `id` that the model made, from `range` of the input.
  func made(_ id: TokenID, from range: Range<Int>) -> FoundToken {
    guard trimsOffsets else { return FoundToken(id: id, range: range, spaces: .init()) }
    return FoundToken(id: id, range: range, spaces: .init(of: spelling(of: id) ?? ""))
  }

  /// The added token `id`, found as `text`, from `range` of the input.
  func added(_ id: TokenID, as text: Span<UInt8>, from range: Range<Int>) -> FoundToken {
    guard trimsOffsets else { return FoundToken(id: id, range: range, spaces: .init()) }
    let text = String(decoding: Array(copying: text), as: UTF8.self)
    return FoundToken(id: id, range: range, spaces: .init(of: text))
  }

  /// Whether the ends of places are trimmed.
  private var trimsOffsets: Bool { !(postProcessor?.offsetTrimmings.isEmpty ?? true) }

  /// `tokens` with white space taken off the ends of their places in `text`, as the
  /// post-processors `ByteLevel` and `RobertaProcessing` of `tokenizers` do where they trim
  /// offsets.
  func trimmed(_ tokens: [FoundToken], in text: Span<UInt8>) -> [LocatedToken] {
    var places = tokens.map(\.range)
    for trimming in postProcessor?.offsetTrimmings ?? [] {
      for (index, token) in tokens.enumerated() {
        // One space before a text may have been put there; more were in it.
        let isFirst = index == 0 || places[index].lowerBound == 0
        var spaces = token.spaces
        if trimming.addsPrefixSpace, spaces.leading == 1, isFirst { spaces.leading = 0 }
        places[index] = Self.trimmed(places[index], spaces, in: text)
      }
    }
    return zip(tokens, places).map { LocatedToken(id: $0.id, range: $1) }
  }

  /// `range` of `text` without as many characters at its ends as `spaces` says; the end stays if
  /// there are not so many before it.
  private static func trimmed(
    _ range: Range<Int>, _ spaces: FoundToken.EndSpaces, in text: Span<UInt8>
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    for _ in 0..<spaces.leading where start < end {
      start += start < text.count ? UTF8Scan.scalar(in: text, at: start).length : 1
    }
    var (last, count) = (end, 0)
    while count < spaces.trailing, last > 0 {
      // What is said to be behind the text counts in bytes.
      last = last > text.count ? last - 1 : UTF8Scan.previousStart(in: text, before: last)
      count += 1
    }
    if count == spaces.trailing, count > 0 { end = max(last, start) }
    return min(start, end)..<end
  }
}
