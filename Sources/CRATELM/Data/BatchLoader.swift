/// Cuts a split into windows and hands them out in a fixed order.
///
/// Window w covers the tokens w·T ... w·T + T of the stream, T being the context length: T inputs
/// and, one place on, their T targets. Positions count the windows handed out since the beginning;
/// which window stands at a position is a function of the order, the position and nothing else, so
/// a run is resumed by going on at its position.
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
  /// T, the tokens of a window.
  public let contextLength: Int
  /// The windows of an epoch; up to T tokens at the end of the stream belong to none.
  public let windowCount: Int
  /// In which order the windows come.
  public let order: Order

  private var ids: [Int32]
  private var epoch: (number: Int, permutation: Permutation)?

  /// The windows of `contextLength` tokens of `split`.
  ///
  /// - Throws: ``DataError/splitTooShort(_:_:tokens:contextLength:)`` where there is not one.
  /// - Precondition: `contextLength` is positive.
  public init(split: TokenSplit, contextLength: Int, order: Order) throws(DataError) {
    precondition(contextLength > 0, "a context of \(contextLength) tokens")
    guard split.tokenCount > contextLength else {
      throw .splitTooShort(
        split.directory, split.split, tokens: split.tokenCount, contextLength: contextLength)
    }
    self.split = split
    self.contextLength = contextLength
    self.order = order
    windowCount = (split.tokenCount - 1) / contextLength
    ids = [Int32](repeating: 0, count: contextLength + 1)
  }

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

  /// Reads the windows at `positions`, one after the other.
  ///
  /// - Parameters:
  ///   - positions: which windows of the order.
  ///   - inputs: their first T tokens, `[positions, T]`.
  ///   - targets: the tokens after these, `[positions, T]`.
  /// - Precondition: `inputs` and `targets` hold at least `positions.count * contextLength` ids.
  /// - Throws: ``DataError/corrupt(_:offset:reason:)``; `FileError` where reading failed.
  public mutating func fill(
    _ positions: Range<Int>, inputs: inout MutableSpan<Int32>, targets: inout MutableSpan<Int32>
  ) throws {
    precondition(
      positions.count * contextLength <= min(inputs.count, targets.count),
      "\(positions.count) windows of \(contextLength) for \(inputs.count) ids")
    let (split, length) = (split, contextLength)
    for (row, position) in positions.enumerated() {
      let start = window(at: position) * length
      var span = ids.mutableSpan
      try split.read(start..<start + length + 1, into: &span)
      let place = row * length
      for index in 0..<length {
        inputs[place &+ index] = span[index]
        targets[place &+ index] = span[index &+ 1]
      }
    }
  }
}
