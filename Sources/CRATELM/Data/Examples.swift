/// A way to make examples from a stream of tokens: windows, and the predictions in each.
///
/// The same window at the same position of an order always gives the same example.
public protocol Examples: Sendable {
  /// T, the most tokens of a sequence.
  var contextLength: Int { get }

  /// Whether the predicted tokens of all windows together are text, so that bytes can be counted.
  var predictText: Bool { get }

  /// The number of windows in a stream of `tokenCount` tokens.
  func windowCount(of tokenCount: Int) -> Int

  /// The tokens of window `window` in a stream of `tokenCount` tokens.
  func tokens(ofWindow window: Int, in tokenCount: Int) -> Range<Int>

  /// Appends the sequence of a window and its predictions to `batch`.
  ///
  /// - Parameters:
  ///   - ids: the window's tokens; undefined afterwards.
  ///   - position: the position of the window in the loader's order.
  ///   - batch: a batch of this context.
  mutating func append(_ ids: inout [Int32], position: Int, to batch: inout Batch)
}
