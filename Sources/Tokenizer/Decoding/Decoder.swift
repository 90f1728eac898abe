import Storage

/// How tokens become text, as the `decoder` of a `tokenizer.json` says.
public indirect enum Decoder: Hashable, Sendable {
  /// Characters that stand for bytes become these; what is asked for matters to splitting alone.
  case byteLevel(ByteLevelSplit)
  /// Pieces of words are joined.
  case wordPiece(WordPieceDecoder)
  /// What ends words, written so in UTF-8, becomes a space, but not at the end.
  case bytePair(suffix: [UInt8])
  /// The character that stands for spaces becomes one, and nothing in the first token if it was
  /// put before the text.
  case metaspace(Metaspace)
  /// Repeated tokens count once.
  case connectionist(ConnectionistDecoder)
  /// The matches of a pattern are replaced.
  case replace(Replacement)
  /// All tokens become one.
  case fuse
  /// Characters at the ends of tokens are taken off.
  case strip(EndStrip)
  /// Tokens such as `<0x61>` become bytes.
  case byteFallback
  /// One after the other.
  case sequence([Decoder])
}

/// What the decoder `CTC` does: joins what connectionist temporal classification gives.
public struct ConnectionistDecoder: Hashable, Sendable {
  /// The token between equal ones, in UTF-8.
  public let padding: [UInt8]
  /// What stands for a space, in UTF-8.
  public let delimiter: [UInt8]
  /// Whether it becomes a space, and spaces that English does not have are taken out.
  public let cleansUp: Bool
}

/// How many of one character the decoder `Strip` takes off the ends of a token.
public struct EndStrip: Hashable, Sendable {
  /// The character.
  public let content: Unicode.Scalar
  /// At most so many at the beginning.
  public let start: Int
  /// At most so many at the end.
  public let stop: Int

  /// What is left of `token`.
  func apply(to token: [UInt8]) -> [UInt8] {
    let unit = Array(String(content).utf8)
    var rest = token[...]
    var count = 0
    while count < start, rest.starts(with: unit) {
      rest = rest.dropFirst(unit.count)
      count += 1
    }
    count = 0
    while count < stop, rest.suffix(unit.count).elementsEqual(unit) {
      rest = rest.dropLast(unit.count)
      count += 1
    }
    return Array(rest)
  }
}

extension Decoder {
  /// What becomes of `tokens`, written as the vocabulary has them, in one or several parts.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func decoded(_ tokens: [[UInt8]]) throws(TokenizerError) -> [[UInt8]] {
    switch self {
    case .byteLevel: return [Text.repaired(Text.bytes(spelledBy: tokens))]
    case .wordPiece(let decoder):
      return tokens.enumerated().map { decoder.text(of: $1, isFirst: $0 == 0) }
    case .bytePair(let suffix):
      return tokens.enumerated().map { index, token in
        Text.replacing(suffix, by: index == tokens.count - 1 ? [] : [0x20], in: token)
      }
    case .metaspace(let metaspace):
      return tokens.enumerated().map { metaspace.text(of: $1, isFirst: $0 == 0) }
    case .connectionist(let decoder):
      return tokens.enumerated()
        .filter { $0 == 0 || tokens[$0 - 1] != $1 }
        .map { decoder.text(of: $1) }
        .filter { !$0.isEmpty }
    case .replace(let replacement):
      var parts: [[UInt8]] = []
      for token in tokens { parts.append(try replacement.applied(to: token)) }
      return parts
    case .fuse: return [Array(tokens.joined())]
    case .strip(let strip): return tokens.map(strip.apply)
    case .byteFallback: return ByteFallback.joined(tokens)
    case .sequence(let decoders):
      var tokens = tokens
      for decoder in decoders { tokens = try decoder.decoded(tokens) }
      return tokens
    }
  }

  /// What one token adds to a text that it may begin, as far as that can be told before the next
  /// one comes: bytes stay bytes.
  func text(of token: [UInt8], isFirst: Bool) -> [UInt8] {
    var isJoined = false
    return text(of: token, isFirst, &isJoined)
  }

  /// As ``text(of:isFirst:)``; tells whether the token is one text with those around it by now.
  private func text(of token: [UInt8], _ isFirst: Bool, _ isJoined: inout Bool) -> [UInt8] {
    switch self {
    case .byteLevel:
      isJoined = true
      return Text.bytes(spelledBy: [token])
    case .wordPiece(let decoder): return decoder.text(of: token, isFirst: isFirst)
    case .bytePair(let suffix): return Text.replacing(suffix, by: [0x20], in: token)
    case .metaspace(let metaspace): return metaspace.text(of: token, isFirst: isFirst)
    case .connectionist(let decoder): return decoder.text(of: token)
    // A pattern that takes too long over one token leaves it as it is.
    case .replace(let replacement): return (try? replacement.applied(to: token)) ?? token
    case .fuse:
      isJoined = true
      return token
    case .strip(let strip):
      if !isJoined { return strip.apply(to: token) }
      let first = EndStrip(content: strip.content, start: strip.start, stop: 0)
      return isFirst ? first.apply(to: token) : token
    case .byteFallback: return ByteFallback.byte(of: token).map { [$0] } ?? token
    case .sequence(let decoders):
      return decoders.reduce(token) { $1.text(of: $0, isFirst, &isJoined) }
    }
  }

  /// Whether the last step makes bytes of characters.
  var endsWithByteLevel: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let decoders): decoders.last?.endsWithByteLevel ?? false
    default: false
    }
  }
}

extension Metaspace {
  fileprivate func text(of token: [UInt8], isFirst: Bool) -> [UInt8] {
    let isDropped = isFirst && prefix != .never
    return Text.replacing(Array(String(replacement).utf8), by: isDropped ? [] : [0x20], in: token)
  }
}

extension ConnectionistDecoder {
  fileprivate func text(of token: [UInt8]) -> [UInt8] {
    let text = Text.replacing(padding, by: [], in: token)
    return cleansUp
      ? Text.replacing(delimiter, by: [0x20], in: WordPieceDecoder.cleanedUp(text)) : text
  }
}

/// Tokens such as `<0x61>`, which stand for a byte.
enum ByteFallback {
  /// How the vocabulary writes the token of each byte.
  static let spellings: [[UInt8]] = (UInt8.min...UInt8.max).map { byte in
    Array("<0x\(byte.digits(2, radix: 16).uppercased())>".utf8)
  }

  /// The byte that `token` stands for; `nil` where it stands for none.
  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    // As the library reads them, a sign may stand for the first digit.
    let digits = token[3] == UInt8(ascii: "+") ? token[4..<5] : token[3..<5]
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// `tokens` with runs of bytes as text, or as U+FFFD for each byte where they are none.
  static func joined(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var (parts, run): ([[UInt8]], [UInt8]) = ([], [])
    func end() {
      if run.isEmpty { return }
      if (try? UTF8Scan.validate(run.span)) != nil {
        parts.append(run)
      } else {
        parts += run.map { _ in Array("\u{FFFD}".utf8) }
      }
      run = []
    }
    for token in tokens {
      if let byte = byte(of: token) {
        run.append(byte)
      } else {
        end()
        parts.append(token)
      }
    }
    end()
    return parts
  }
}
