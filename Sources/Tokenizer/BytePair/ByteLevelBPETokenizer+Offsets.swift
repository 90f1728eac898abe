extension ByteLevelBPETokenizer {
  /// Takes white space off the ends of the places of `tokens`, the tokens of `text`, as the
  /// post-processors `ByteLevel` and `RobertaProcessing` of `tokenizers` do where they trim
  /// offsets.
  func trim(_ tokens: inout [LocatedToken], in text: Span<UInt8>) {
    guard let trimming = postProcessor?.offsetTrimming else { return }
    for (index, token) in tokens.enumerated() {
      let (leading, trailing) = spaces(around: token, in: text)
      if leading == 0, trailing == 0 { continue }
      var (start, end) = (token.range.lowerBound, token.range.upperBound)
      // One space before a text may have been put there; more were in it.
      let keepsPrefix = trimming.addsPrefixSpace && leading == 1 && (index == 0 || start == 0)
      if !keepsPrefix {
        for _ in 0..<leading where start < end {
          start += UTF8Scan.scalar(in: text, at: start).length
        }
      }
      for _ in 0..<trailing where end > start {
        end = UTF8Scan.previousStart(in: text, before: end)
      }
      tokens[index] = LocatedToken(id: token.id, range: min(start, end)..<end)
    }
  }

  /// The number of spaces that a token begins and ends with: an added one as it stands in the
  /// text, with the white space that belongs to it.
  private func spaces(
    around token: LocatedToken, in text: Span<UInt8>
  ) -> (leading: Int, trailing: Int) {
    let spelling =
      isAdded(token.id)
      ? String(decoding: Array(copying: text.extracting(token.range)), as: UTF8.self)
      : self.spelling(of: token.id) ?? ""
    let scalars = spelling.unicodeScalars
    let space = ByteAlphabet.scalars[0x20]
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar == space || scalar.properties.isWhitespace
    }
    return (
      scalars.prefix(while: isSpace).count, scalars.reversed().prefix(while: isSpace).count
    )
  }
}
