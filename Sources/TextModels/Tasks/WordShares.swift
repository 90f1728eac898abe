public import Tokenizer

/// The words of a text and the tokens of each.
public struct TokenWords: Sendable {
  /// The words by the tokens that they are made of; `nil` for a token of white space alone.
  public let words: [String?]
  /// Where white space that belongs to no token stands before the token, or a special token meets
  /// another token.
  public let hasGapBefore: [Bool]

  /// A word with the mean of something over all its tokens, wherever it stands in the text.
  public struct Mean: Hashable, Sendable {
    /// The word.
    public let word: String
    /// The mean.
    public let value: Double
    /// The number of tokens.
    public let tokenCount: Int
  }

  /// The words of `text`, whose tokens are `tokens`.
  ///
  /// A word is a run of letters, digits and marks, or a single other character but white space. A
  /// token of more than one belongs to the first of them.
  public init(_ text: String, tokens: [LocatedToken]) {
    let wordAt = Self.wordOfEachByte(text)
    words = tokens.map { token in
      token.range.clamped(to: wordAt.indices).lazy.compactMap { wordAt[$0] }.first
    }
    hasGapBefore = tokens.indices.map { index in
      guard index > 0 else { return false }
      let (last, next) = (tokens[index - 1].range, tokens[index].range)
      return last.isEmpty || next.isEmpty || last.upperBound < next.lowerBound
    }
  }

  private static func wordOfEachByte(_ text: String) -> [String?] {
    var words: [String?] = []
    var run = ""
    func end(_ words: inout [String?], _ run: inout String) {
      words += [String?](repeating: run, count: run.utf8.count)
      run = ""
    }
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: run.unicodeScalars.append(scalar)
      case _ where properties.isAlphabetic || properties.numericType != nil:
        run.unicodeScalars.append(scalar)
      default:
        end(&words, &run)
        let character = String(Character(scalar))
        words += [String?](
          repeating: properties.isWhitespace ? nil : character, count: character.utf8.count)
      }
    }
    end(&words, &run)
    return words
  }

  /// The words with the largest means of `values`, one for each token.
  ///
  /// - Returns: at most `count`, the largest mean first, equal ones in the order of the text.
  public func largestMeans(of values: some Collection<Double>, _ count: Int) -> [Mean] {
    var (order, sums) = ([String](), [String: (sum: Double, count: Int)]())
    for (word, value) in zip(words, values) {
      guard let word else { continue }
      if sums[word] == nil { order.append(word) }
      let old = sums[word] ?? (0, 0)
      sums[word] = (old.sum + value, old.count + 1)
    }
    let means = order.enumerated().compactMap { index, word in
      sums[word].map {
        (index, Mean(word: word, value: $0.sum / Double($0.count), tokenCount: $0.count))
      }
    }
    return means.sorted { ($1.1.value, $0.0) < ($0.1.value, $1.0) }.prefix(count).map(\.1)
  }
}
