/// Sequences of one length, cut from tokens one after the other and each put in a frame.
public struct TokenSequences {
  /// The number of sequences; tokens at the end that fill none are left out.
  public let count: Int
  /// The tokens of each, its frame included.
  public let length: Int
  private let frame: SequenceFrame
  private let tokens: Tokens

  private enum Tokens {
    case ids([Int32])
    case split(TokenSplit)
  }

  /// Sequences of `ids`.
  ///
  /// - Parameters:
  ///   - ids: the tokens.
  ///   - length: the tokens of a sequence, more than its frame has.
  ///   - frame: the tokens around the text of each.
  public init(_ ids: [Int32], length: Int, frame: SequenceFrame = .none) {
    self.init(.ids(ids), ids.count, length, frame)
  }

  /// Sequences of the first `tokenCount` tokens of `split`, which are read when they are asked for.
  public init(_ split: TokenSplit, tokenCount: Int, length: Int, frame: SequenceFrame = .none) {
    self.init(.split(split), min(tokenCount, split.tokenCount), length, frame)
  }

  private init(_ tokens: Tokens, _ tokenCount: Int, _ length: Int, _ frame: SequenceFrame) {
    precondition(length > frame.tokenCount, "\(length) tokens with a frame of \(frame.tokenCount)")
    count = tokenCount / (length - frame.tokenCount)
    (self.tokens, self.length, self.frame) = (tokens, length, frame)
  }

  /// The sequences `range`.
  ///
  /// - Throws: as `TokenSplit.tokens(_:)`.
  public subscript(range: Range<Int>) -> [[Int32]] {
    get throws {
      let content = length - frame.tokenCount
      let place = range.lowerBound * content..<range.upperBound * content
      let ids =
        switch tokens {
        case .ids(let ids): Array(ids[place])
        case .split(let split): try split.tokens(place)
        }
      return range.indices.map { index in
        let start = (index - range.lowerBound) * content
        return frame.framed(ids[start..<start + content])
      }
    }
  }

  /// All sequences, in memory.
  ///
  /// - Throws: as `TokenSplit.tokens(_:)`.
  public func all() throws -> [[Int32]] { try self[0..<count] }
}
