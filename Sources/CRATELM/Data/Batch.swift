/// The sequences of one pass and the tokens to predict in them, reused from pass to pass.
///
/// Sequences are the rows of a matrix as wide as the context; an index into it, row by row, is a
/// position of the batch.
public struct Batch: Sendable {
  /// T, the most tokens of a sequence.
  public let contextLength: Int
  /// The input ids, `[sequences, context]`.
  public private(set) var inputs: [Int32] = []
  /// The number of tokens of each sequence; the rest of its row is padding, unseen by all tokens.
  public private(set) var lengths: [Int] = []
  /// The position of each sequence in the order of the data.
  public private(set) var positions: [Int] = []
  /// The positions at which a token is predicted, ascending.
  public private(set) var predicted: [Int] = []
  /// The token to predict at each of ``predicted``.
  public private(set) var targets: [Int32] = []

  /// An empty batch with room for `sequences` sequences.
  public init(sequences: Int, contextLength: Int) {
    self.contextLength = contextLength
    inputs.reserveCapacity(sequences * contextLength)
    lengths.reserveCapacity(sequences)
    positions.reserveCapacity(sequences)
    predicted.reserveCapacity(sequences * contextLength)
    targets.reserveCapacity(sequences * contextLength)
  }

  /// A batch of whole sequences in which a token is predicted at every position.
  ///
  /// - Precondition: both lists have the same length, a multiple of `contextLength`.
  public init(inputs: [Int32], targets: [Int32], contextLength: Int) {
    precondition(
      inputs.count == targets.count && inputs.count.isMultiple(of: contextLength),
      "\(inputs.count) inputs and \(targets.count) targets for a context of \(contextLength)")
    self.contextLength = contextLength
    self.inputs = inputs
    self.targets = targets
    lengths = [Int](repeating: contextLength, count: inputs.count / contextLength)
    positions = Array(lengths.indices)
    predicted = Array(inputs.indices)
  }

  /// Removes all sequences and keeps their memory.
  public mutating func removeAll() {
    inputs.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    predicted.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
  }

  /// Appends `text` in its frame as a sequence, padded to the context.
  ///
  /// - Parameters:
  ///   - text: the ids.
  ///   - frame: the special tokens around them.
  ///   - position: the position of the sequence in the order of the data; `nil` for its number in
  ///     the batch.
  /// - Precondition: text and frame fit into the context.
  public mutating func append(
    _ text: some Collection<Int32>, in frame: SequenceFrame = .none, position: Int? = nil
  ) {
    let length = text.count + frame.tokenCount
    precondition(length <= contextLength, "\(length) tokens for a context of \(contextLength)")
    if let beginning = frame.beginning { inputs.append(beginning) }
    inputs.append(contentsOf: text)
    if let end = frame.end { inputs.append(end) }
    inputs.append(contentsOf: repeatElement(frame.padding, count: contextLength - length))
    positions.append(position ?? lengths.count)
    lengths.append(length)
  }

  /// Adds the prediction of `target` at position `place` of the sequence appended next; positions
  /// rise from call to call.
  public mutating func predict(_ target: Int32, at place: Int) {
    precondition(place < contextLength, "place \(place) in a context of \(contextLength)")
    let position = lengths.count * contextLength + place
    precondition(predicted.last.map { $0 < position } ?? true, "position \(position) twice")
    predicted.append(position)
    targets.append(target)
  }

  /// The number of predictions in the first `count` sequences.
  public func predictionCount(inFirst count: Int) -> Int {
    let end = count * contextLength
    return predicted.last.map { $0 < end } ?? true
      ? predicted.count : predicted.firstIndex { $0 >= end } ?? predicted.count
  }
}
