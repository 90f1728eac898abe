/// Cuts a split into windows and hands them out in a fixed order.
///
/// Positions count the windows handed out since the beginning; which window stands at a position,
/// and what is hidden in it, is a function of the order, the position and nothing else, so a run
/// is resumed by going on at its position. Copies of a loader share the cache of its split.
public struct BatchLoader {
  /// In which order the windows come.
  public enum Order: Equatable, Sendable {
    /// As they stand in the text.
    case sequential
    /// In every epoch each window once, in an order of its own drawn by the seed.
    case shuffled(seed: UInt64)
  }

  /// The tokens that are read.
  public let split: TokenSplit
  /// The windows of an epoch.
  public let windowCount: Int
  /// In which order the windows come.
  public let order: Order

  private var examples: any Examples
  private var ids: [Int32] = []
  private var epoch: (number: Int, permutation: Permutation)?

  /// The windows that `examples` makes of `split`.
  ///
  /// - Throws: ``DataError/splitTooShort(_:_:tokens:contextLength:)`` if there is not one.
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

  /// The window at `position`.
  ///
  /// - Precondition: `position` is not negative.
  public mutating func window(at position: Int) -> Int {
    precondition(position >= 0, "window at position \(position)")
    switch order {
    case .sequential:
      return position % windowCount
    case .shuffled(let seed):
      let number = position / windowCount
      let permutation: Permutation
      if let epoch, epoch.number == number {
        permutation = epoch.permutation
      } else {
        permutation = Permutation(
          count: windowCount, generator: SplitMix64(seed: seed, stream: "data order", number))
        epoch = (number, permutation)
      }
      return permutation[position % windowCount]
    }
  }

  /// Appends the windows at `positions` to `batch`, one after the other.
  ///
  /// - Parameters:
  ///   - positions: which windows of the order.
  ///   - batch: what they are appended to, of the same context.
  /// - Throws: ``DataError/damaged(_:)``; `FileError` where reading failed.
  public mutating func append(_ positions: Range<Int>, to batch: inout Batch) throws {
    let split = split
    for position in positions {
      let range = examples.tokens(ofWindow: window(at: position), in: split.tokenCount)
      if ids.count != range.count { ids = [Int32](repeating: 0, count: range.count) }
      var span = ids.mutableSpan
      try split.read(range, into: &span)
      examples.append(&ids, position: position, to: &batch)
    }
  }
}
