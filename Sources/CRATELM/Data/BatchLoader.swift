/// Cuts a split into windows and hands them out in a fixed order.
///
/// Positions count the windows handed out since the beginning; which window stands at a position,
/// and what is hidden in it, is a function of the order, the position and nothing else, so a run
/// is resumed by going on at its position.
public struct BatchLoader {
  /// In which order the windows come.
  public enum Order: Equatable, Sendable {
    /// As they stand in the text.
    case sequential
    /// In every epoch each window once, in an order of its own drawn by the seed.
    case shuffled(seed: UInt64)
  }

  /// What is predicted in a window; T is the context length.
  public enum Prediction: Sendable {
    /// The successor of every token: window w covers the tokens w·T ... w·T + T of the stream, T
    /// inputs and, one place on, their T targets. Up to T tokens at the end belong to no window.
    case causal
    /// Hidden tokens: window w is w·(T − 2) ..< (w + 1)·(T − 2) of the stream between the tokens
    /// that begin and end a sequence. The last window may be shorter.
    case masked(TokenMasking)

    private var objective: Objective {
      switch self {
      case .causal: .causal
      case .masked: .masked
      }
    }

    /// The tokens of a window that is not the last.
    fileprivate func windowLength(contextLength: Int) -> Int {
      contextLength - objective.surroundingTokenCount
    }

    /// The windows of a stream of `tokenCount` tokens.
    ///
    /// - Precondition: `contextLength` is positive, and above 2 where tokens are hidden.
    public func windowCount(of tokenCount: Int, contextLength: Int) -> Int {
      let length = windowLength(contextLength: contextLength)
      precondition(length > 0, "a context of \(contextLength) tokens")
      switch self {
      case .causal: return max(0, tokenCount - 1) / length
      case .masked: return (tokenCount + length - 1) / length
      }
    }
  }

  /// The tokens that are read.
  public let split: TokenSplit
  /// T, the most tokens of a sequence.
  public let contextLength: Int
  /// The windows of an epoch.
  public let windowCount: Int
  /// In which order the windows come.
  public let order: Order

  private let prediction: Prediction
  private var masking: TokenMasking?
  private var ids: [Int32]
  private var epoch: (number: Int, permutation: Permutation)?

  /// The windows of `split` for a context of `contextLength` tokens.
  ///
  /// - Throws: ``DataError/splitTooShort(_:_:tokens:contextLength:)`` where there is not one.
  /// - Precondition: `contextLength` is positive, and above 2 where tokens are hidden.
  public init(
    split: TokenSplit, contextLength: Int, order: Order, prediction: Prediction = .causal
  ) throws(DataError) {
    self.split = split
    self.contextLength = contextLength
    self.order = order
    self.prediction = prediction
    if case .masked(let masking) = prediction { self.masking = masking }
    windowCount = prediction.windowCount(of: split.tokenCount, contextLength: contextLength)
    guard windowCount > 0 else {
      throw .splitTooShort(
        split.directory, split.split, tokens: split.tokenCount, contextLength: contextLength)
    }
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

  /// Appends the windows at `positions` to `batch`, one after the other.
  ///
  /// - Parameters:
  ///   - positions: which windows of the order.
  ///   - batch: what they are appended to, of the same context.
  /// - Throws: ``DataError/damaged(_:)``; `FileError` where reading failed.
  public mutating func append(_ positions: Range<Int>, to batch: inout Batch) throws {
    for position in positions {
      let length = prediction.windowLength(contextLength: contextLength)
      let start = window(at: position) * length
      if masking == nil {
        try read(start..<start + length + 1, to: 0)
        for place in 0..<length { batch.predict(ids[place + 1], at: place) }
        batch.append(ids, count: length, padding: ids[length])
      } else {
        let end = min(start + length, split.tokenCount)
        try appendMasked(start..<end, position: position, to: &batch)
      }
    }
  }

  private mutating func appendMasked(
    _ range: Range<Int>, position: Int, to batch: inout Batch
  ) throws {
    guard let roles = masking?.vocabulary.roles else { return }
    let count = range.count + Objective.masked.surroundingTokenCount
    try read(range, to: 1)
    ids[0] = roles.beginning
    ids[count - 1] = roles.end
    masking?.hide(&ids, count: count, position: position) { batch.predict($1, at: $0) }
    batch.append(ids, count: count, padding: roles.padding)
  }

  /// Reads the tokens `range` of the stream to `ids`, from `place` on.
  private mutating func read(_ range: Range<Int>, to place: Int) throws {
    let split = split
    var span = ids.mutableSpan
    try split.read(range, into: &span, at: place)
  }
}
