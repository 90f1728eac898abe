/// The special tokens around the text of a sequence, and the padding up to the context.
public struct SequenceFrame: Hashable, Sendable {
  /// The token before the text, such as `[CLS]`.
  public var beginning: Int32?
  /// The token after the text, such as `[SEP]`.
  public var end: Int32?
  /// The id behind them, invisible to all tokens.
  public var padding: Int32

  /// A frame of these tokens.
  public init(beginning: Int32? = nil, end: Int32? = nil, padding: Int32 = 0) {
    (self.beginning, self.end, self.padding) = (beginning, end, padding)
  }

  /// Text alone.
  public static let none = SequenceFrame()

  /// The number of tokens around the text.
  public var tokenCount: Int { textStart + (end == nil ? 0 : 1) }

  /// The position of the text's first token in the sequence.
  public var textStart: Int { beginning == nil ? 0 : 1 }

  /// The text `ids` between its special tokens, without padding.
  public func framed(_ ids: some Sequence<Int32>) -> [Int32] {
    [beginning].compactMap(\.self) + ids + [end].compactMap(\.self)
  }
}
