/// Room for the inputs and targets of one pass, reused from pass to pass.
public struct Batch {
  /// The ids that are read, `[sequences, context]`.
  public private(set) var inputs: [Int32]
  /// The id after each input.
  public private(set) var targets: [Int32]

  /// A batch of zeros.
  public init(sequences: Int, contextLength: Int) {
    inputs = [Int32](repeating: 0, count: sequences * contextLength)
    targets = inputs
  }

  /// Reads the windows at `positions` of `loader`.
  ///
  /// - Throws: the loader's errors.
  public mutating func fill(from loader: inout BatchLoader, at positions: Range<Int>) throws {
    try Self.fill(&inputs, &targets, from: &loader, at: positions)
  }

  private static func fill(
    _ inputs: inout [Int32], _ targets: inout [Int32], from loader: inout BatchLoader,
    at positions: Range<Int>
  ) throws {
    var inputs = inputs.mutableSpan
    var targets = targets.mutableSpan
    try loader.fill(positions, inputs: &inputs, targets: &targets)
  }
}
