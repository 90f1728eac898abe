/// What a model learns from a stream of tokens: windows of it, and what is predicted in each.
///
/// The same window at the same position of an order always gives the same example.
public protocol Examples: Sendable {
  /// T, the most tokens of a sequence.
  var contextLength: Int { get }

  /// Whether the predicted tokens of all windows are text, whose bytes can be counted.
  var predictText: Bool { get }

  /// The windows of a stream of `tokenCount` tokens.
  func windowCount(of tokenCount: Int) -> Int

  /// The tokens of such a stream that `window` reads.
  func tokens(ofWindow window: Int, in tokenCount: Int) -> Range<Int>

  /// Appends the sequence of a window to `batch`, with what is predicted in it.
  ///
  /// - Parameters:
  ///   - ids: the window's tokens; used up.
  ///   - position: that of the window in the order in which windows are handed out.
  ///   - batch: one of this context.
  mutating func append(_ ids: inout [Int32], position: Int, to batch: inout Batch)
}
