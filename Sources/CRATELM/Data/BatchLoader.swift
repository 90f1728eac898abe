/// Cuts a split into windows and hands them out in a fixed order.
///
/// A position counts the windows handed out before. Order and position alone decide the window and
/// its hidden tokens, so a run resumes by going on at its position. Copies of a loader share the
/// cache of its split.
public struct BatchLoader {
  /// The order of the windows.
  public enum Order: Equatable, Sendable {
    /// The order of the text.
    case sequential
    /// Each window once per epoch, in an order drawn for every epoch by the seed; `number` tells
    /// texts of one seed apart.
    case shuffled(seed: UInt64, number: Int = 0)
  }

  /// The source of the tokens.
  public let split: TokenSplit
  /// The windows of an epoch.
  public let windowCount: Int
  /// The order of the windows.
  public let order: Order

  private var examples: any Examples
  private var ids: [Int32] = []
  private var epoch: (number: Int, permutation: Permutation)?

  /// A loader of the windows that `examples` makes of `split`.
  ///
  /// - Throws: ``DataError/splitTooShort(_:_:tokens:contextLength:)`` if there is no window.
  public init(split: TokenSplit, order: Order, examples: any Examples) throws(DataError) {
    self.split = split
    self.order = order
    self.examples = examples
    windowCount = examples.windowCount(of: split.tokenCount)
    guard windowCount > 0 else {
      throw .splitTooShort(
        split.directory, split.split, tokens: split.tokenCount,
        contextLength: examples.contextLength)
    }
  }

  /// T, the most tokens of a sequence.
  public var contextLength: Int { examples.contextLength }

  /// The index of the window at `position`.
  ///
  /// - Precondition: `position` is not negative.
  public mutating func window(at position: Int) -> Int {
    precondition(position >= 0, "window at position \(position)")
    switch order {
    case .sequential:
      return position % windowCount
    case .shuffled(let seed, let text):
      let number = position / windowCount
      let permutation: Permutation
      if let epoch, epoch.number == number {
        permutation = epoch.permutation
      } else {
        let generator =
          text == 0
          ? SplitMix64(seed: seed, stream: "data order", number)
          : SplitMix64(seed: seed, stream: "data order", number, text)
        permutation = Permutation(count: windowCount, generator: generator)
        epoch = (number, permutation)
      }
      return permutation[position % windowCount]
    }
  }

  /// Appends the windows at `positions` to `batch`, one after the other.
  ///
  /// - Parameters:
  ///   - positions: the positions of the windows in the order.
  ///   - batch: a batch of the same context.
  /// - Throws: ``DataError/damaged(_:)``; `FileError` if reading failed.
  public mutating func append(_ positions: Range<Int>, to batch: inout Batch) throws {
    for position in positions {
      try append(windowAt: position, position: position, to: &batch)
    }
  }

  /// Appends the window at `place` of this order as the example at `position` of another.
  mutating func append(windowAt place: Int, position: Int, to batch: inout Batch) throws {
    let (split, window) = (split, window(at: place))
    let range = examples.tokens(ofWindow: window, in: split.tokenCount)
    if ids.count != range.count { ids = [Int32](repeating: 0, count: range.count) }
    var span = ids.mutableSpan
    try split.read(range, into: &span)
    examples.append(&ids, position: position, to: &batch)
  }
}
