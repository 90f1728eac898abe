/// What stands around the text of a sequence, and behind it up to the context.
public struct SequenceFrame: Hashable, Sendable {
  /// The token before the text, such as `[CLS]`.
  public var beginning: Int32?
  /// The token after the text, such as `[SEP]`.
  public var end: Int32?
  /// The id behind them, which no token sees.
  public var padding: Int32

  /// These tokens.
  public init(beginning: Int32? = nil, end: Int32? = nil, padding: Int32 = 0) {
    (self.beginning, self.end, self.padding) = (beginning, end, padding)
  }

  /// Text alone.
  public static let none = SequenceFrame()

  /// The number of tokens around the text.
  public var tokenCount: Int { textStart + (end == nil ? 0 : 1) }

  /// The place of the first token of the text in the sequence.
  public var textStart: Int { beginning == nil ? 0 : 1 }
}
