/// What is looked for in text: a string, or a regular expression as Oniguruma means it, which is
/// the engine of `tokenizers`.
public struct TextPattern: Hashable, Sendable {
  /// How a pattern is written.
  public enum Syntax: Hashable, Sendable {
    /// As it stands.
    case string
    /// As a regular expression.
    case regularExpression
  }

  /// How ``source`` is meant.
  public let syntax: Syntax
  /// The pattern in UTF-8.
  public let source: [UInt8]
  private let finder: Finder

  /// What finds the matches.
  private enum Finder: Sendable {
    /// The source, as it stands.
    case string
    /// One of the published patterns, whose matches leave nothing between them.
    case published(PieceSplitter)
    case expression(RegularExpression)
  }

  /// The string `source`.
  public init(string source: String) {
    (syntax, self.source, finder) = (.string, Array(source.utf8), .string)
  }

  /// The regular expression `source`.
  ///
  /// - Throws: ``PatternFlaw`` where the expression is none, or has a part that is not done here.
  public init(regularExpression source: String) throws(PatternFlaw) {
    (syntax, self.source) = (.regularExpression, Array(source.utf8))
    if let published = SplitPattern(regularExpression: source) {
      finder = .published(PieceSplitter(published))
    } else {
      finder = .expression(try RegularExpression(source))
    }
  }

  /// Whether both are written in the same bytes.
  public static func == (left: TextPattern, right: TextPattern) -> Bool {
    left.syntax == right.syntax && left.source == right.source
  }

  /// Hashes how the pattern is written.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(syntax)
    hasher.combine(source)
  }

  /// The published pattern that this one is, if it is one.
  var published: SplitPattern? {
    if case .published(let splitter) = finder { splitter.pattern } else { nil }
  }

  /// The matches in `text`, known to be UTF-8, from left to right; none is empty directly behind
  /// another.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func matches(in text: Span<UInt8>) throws(TokenizerError) -> [Range<Int>] {
    switch finder {
    case .string: return occurrences(in: text)
    case .published(let splitter): return splitter.pieces(in: text)
    case .expression(let expression): return try expression.matches(in: text)
    }
  }

  private func occurrences(in text: Span<UInt8>) -> [Range<Int>] {
    guard let first = source.first else { return Self.boundaries(of: text) }
    var matches: [Range<Int>] = []
    var position = 0
    while position + source.count <= text.count {
      if text[position] == first,
        ByteHash.areEqual(text.extracting(position..<position + source.count), source.span)
      {
        matches.append(position..<position + source.count)
        position += source.count
      } else {
        position += 1
      }
    }
    return matches
  }

  /// The empty matches before, between and behind all scalars; none in a text without any.
  private static func boundaries(of text: Span<UInt8>) -> [Range<Int>] {
    var matches: [Range<Int>] = []
    for place in text.indices where text[place] & 0xC0 != 0x80 { matches.append(place..<place) }
    return text.count == 0 ? [] : matches + [text.count..<text.count]
  }
}

/// Why a regular expression is not taken.
public enum PatternFlaw: Error, Equatable {
  /// It is no regular expression; the number of the character where that shows.
  case malformed(offset: Int)
  /// It has a part, named by a noun, whose meaning is not done here.
  case unsupported(String)
}
