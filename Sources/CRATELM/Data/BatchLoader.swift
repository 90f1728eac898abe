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
    /// texts of one seed apart; `starts` tells where the windows of later epochs begin.
    case shuffled(seed: UInt64, number: Int = 0, starts: WindowStarts = .drawn)
  }

  /// The source of the tokens.
  public let split: TokenSplit
  /// The windows of an epoch.
  public let windowCount: Int
  /// The order of the windows.
  public let order: Order

  private var examples: any Examples
  private var ids: [Int32] = []
  private var epoch: Epoch?

  /// The windows of one reading of the split.
  private struct Epoch {
    let number: Int
    let permutation: Permutation
    /// The tokens by which the windows begin later than in the first epoch.
    let offset: Int
  }

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

  /// The tokens of the window at `position`.
  ///
  /// - Precondition: `position` is not negative.
  public mutating func tokens(at position: Int) -> Range<Int> {
    precondition(position >= 0, "window at position \(position)")
    guard case .shuffled(let seed, let text, let starts) = order else {
      return examples.tokens(ofWindow: position % windowCount, in: split.tokenCount)
    }
    let epoch = epoch(position / windowCount, of: text, starts, seed: seed)
    let window = epoch.permutation[position % windowCount]
    let tokens = examples.tokens(ofWindow: window, in: split.tokenCount)
    let offset = min(epoch.offset, split.tokenCount - tokens.upperBound)
    return tokens.lowerBound + offset..<tokens.upperBound + offset
  }

  private mutating func epoch(
    _ number: Int, of text: Int, _ starts: WindowStarts, seed: UInt64
  ) -> Epoch {
    if let epoch, epoch.number == number { return epoch }
    func generator(_ stream: String) -> SplitMix64 {
      text == 0
        ? SplitMix64(seed: seed, stream: stream, number)
        : SplitMix64(seed: seed, stream: stream, number, text)
    }
    let permutation = Permutation(count: windowCount, generator: generator("data order"))
    var offset = 0
    if number > 0, starts == .drawn {
      var draws = generator("data offset")
      offset = draws.integer(below: examples.contextLength)
    }
    let epoch = Epoch(number: number, permutation: permutation, offset: offset)
    self.epoch = epoch
    return epoch
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
    let (split, range) = (split, tokens(at: place))
    if ids.count != range.count { ids = [Int32](repeating: 0, count: range.count) }
    var span = ids.mutableSpan
    try split.read(range, into: &span)
    examples.append(&ids, position: position, to: &batch)
  }
}
