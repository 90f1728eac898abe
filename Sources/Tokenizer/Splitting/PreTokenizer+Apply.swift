extension PreTokenizer {
  /// Whether what is done depends on where in the input a text stands.
  var dependsOnPlace: Bool {
    switch self {
    case .metaspace(let metaspace): metaspace.prefix == .first
    case .sequence(let steps): steps.contains(where: \.dependsOnPlace)
    default: false
    }
  }

  /// Takes `text` apart, which needs an origin if ``dependsOnPlace``.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func apply(to text: inout SplitText) throws(TokenizerError) {
    switch self {
    case .byteLevel(let split): try split.apply(to: &text)
    case .bert:
      try text.split { Matches(in: $0, where: Self.isSpace).parts(.removed) }
      try text.split { Matches(in: $0, where: Self.isPunctuation).parts(.isolated) }
    case .whitespace: try text.split(Self.words)
    case .whitespaceSplit:
      try text.split { Matches(in: $0, where: Self.isSpace).parts(.removed) }
    case .punctuation(let behavior):
      try text.split { Matches(in: $0, where: Self.isPunctuation).parts(behavior) }
    case .digits(let isIndividual):
      let behavior: SplitBehavior = isIndividual ? .isolated : .contiguous
      try text.split { Matches(in: $0) { Numbers.shared[$0] }.parts(behavior) }
    case .delimiter(let scalar):
      try text.split { Matches(in: $0) { $0 == scalar.value }.parts(.removed) }
    case .metaspace(let metaspace): try metaspace.apply(to: &text)
    case .unicodeScripts: try text.split(ScriptSplit.parts)
    case .fixedLength(let length): try text.split { Self.chunks(of: $0, length) }
    case .split(let split): try text.split(split.parts)
    case .sequence(let steps): for step in steps { try step.apply(to: &text) }
    }
  }

  private static func isSpace(_ scalar: UInt32) -> Bool {
    BertCharacterTable.shared[scalar].contains(.whiteSpace)
  }

  private static func isPunctuation(_ scalar: UInt32) -> Bool {
    BertCharacterTable.shared[scalar].contains(.punctuation)
  }

  /// The runs of word characters and those of other characters than white space.
  private static func words(in text: Span<UInt8>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var last: Bool?
    var position = 0
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      let kind = isSpace(value) ? nil : WordCharacters.contains(value)
      let end = position + length
      if let kind, kind == last {
        words[words.count - 1] = words[words.count - 1].lowerBound..<end
      } else if kind != nil {
        words.append(position..<end)
      }
      (last, position) = (kind, end)
    }
    return words
  }

  private static func chunks(of text: Span<UInt8>, _ length: Int) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var (start, position, count) = (0, 0, 0)
    while position < text.count {
      position += UTF8Scan.scalar(in: text, at: position).length
      count += 1
      if count == length || position == text.count {
        chunks.append(start..<position)
        (start, count) = (position, 0)
      }
    }
    return chunks
  }
}

extension ByteLevelSplit {
  private static let splitter = PieceSplitter(.gpt2)

  func apply(to text: inout SplitText) throws(TokenizerError) {
    if addsPrefixSpace {
      text.rewrite { bytes, piece, output in
        if bytes[piece.lowerBound] != 0x20 {
          output.prepend([0x20], at: piece.lowerBound, of: bytes)
        }
      }
    }
    if splits {
      try text.split { Self.splitter.pieces(in: $0) }
    }
    text.rewrite { TextEdits.spellBytes(of: $0, $1, into: &$2) }
  }
}

extension Metaspace {
  func apply(to text: inout SplitText) throws(TokenizerError) {
    let mark = Array(String(replacement).utf8)
    let starts = prefix == .first ? text.pieces.map { text.original($0).lowerBound } : []
    var number = 0
    text.rewrite { bytes, piece, output in
      let isFirst = prefix == .first && starts[number] == 0
      number += 1
      var position = piece.lowerBound
      let begins =
        bytes[position] == 0x20
        || UTF8Scan.scalar(in: bytes, at: position).value == replacement.value
      if prefix == .always || isFirst, !begins {
        output.prepend(mark, at: position, of: bytes)
        position += UTF8Scan.scalar(in: bytes, at: position).length
      }
      for place in position..<piece.upperBound where bytes[place] == 0x20 {
        output.copy(bytes, upTo: place)
        output.replace(1, by: mark)
      }
    }
    if splits {
      try text.split {
        Matches(in: $0) { $0 == replacement.value }.parts(.mergedWithNext)
      }
    }
  }
}

extension NormalizedText {
  /// Puts `prefix` before the scalar at `place` of `input`, whose place it shares.
  mutating func prepend(_ prefix: [UInt8], at place: Int, of input: Span<UInt8>) {
    let length = UTF8Scan.scalar(in: input, at: place).length
    replace(length, by: prefix + Array(copying: input.extracting(place..<place + length)))
  }
}

extension PatternSplit {
  func parts(of text: Span<UInt8>) throws(TokenizerError) -> [Range<Int>] {
    Matches(try pattern.matches(in: text), in: text, isInverted: isInverted).parts(behavior)
  }
}

/// The numbers of Unicode, as Rust's standard library has them and Swift's.
enum Numbers {
  static let shared = ScalarTable { value in
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }
}
