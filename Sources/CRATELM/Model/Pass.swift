// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel

/// The context of one pass through a network.
package struct Pass: Sendable {
  let blueprint: Blueprint
  let parameters: Parameters
  let workspace: Workspace
  /// The shape of the batch: the workspace's, or a smaller one.
  let shape: BatchShape
  let workers: Workers
  /// The precision of products of activations.
  let precision: Precision
  /// The tokens of each sequence; its other rows are padding, invisible to all tokens.
  let lengths: [Int]
  /// What the pass drops, in training with dropout.
  let dropout: Dropout.Draws?
  /// The sequences that the batch continues, in generation.
  let continued: ContinuedSequences?
  /// The weights in the format and layout for inference; `nil` for the parameters as stored.
  let packed: StoredWeights?
  /// Whether products use the folded values.
  let isFolded: Bool
  /// The observer, if any.
  let instruments: (any Instruments)?

  /// The rows of a weight's gradient in one task.
  private static let rowsPerTask = 128

  /// The activation `id`.
  subscript(id: ActivationID) -> Matrix { workspace[id, tokens: shape.tokens] }

  /// The number of tokens of `sequence` before the batch.
  func firstPosition(_ sequence: Int) -> Int { continued?.length(sequence) ?? 0 }

  /// The position in its sequence of the token in `row`.
  func position(_ row: Int) -> Int {
    let (sequence, token) = row.quotientAndRemainder(dividingBy: shape.context)
    return firstPosition(sequence) + token
  }

  /// Runs `body` as a part of the work.
  func measure<Value>(_ part: WorkPart, _ body: () throws -> Value) rethrows -> Value {
    try instruments.measure(part, body)
  }

  /// Reports an activation to the observer, who may change its values.
  func produced(_ id: ActivationID, _ values: Matrix) {
    guard let instruments, instruments.observesActivations, let name = blueprint.name(of: id)
    else { return }
    instruments.produced(name, values)
  }

  /// Runs `body` for every block of `rows` tokens.
  func forEachBlock(of rows: Int, _ body: @Sendable (_ rows: Range<Int>, _ block: Int) -> Void) {
    workers.forEachBlock(of: rows, by: TokenBlock.rows) { rows, block, _ in body(rows, block) }
  }

  /// An activation and its values.
  typealias Shown = (id: ActivationID, values: Matrix)

  /// Runs the steps of an operator for every block of `count` tokens, one after the other while
  /// the block is in cache.
  ///
  /// For an observer of activations, each step runs for all tokens and its result is reported
  /// before the next step begins.
  func inSteps(
    of count: Int,
    _ first: @Sendable (Range<Int>) -> Void, giving firstResult: Shown,
    _ second: @Sendable (Range<Int>) -> Void, giving secondResult: Shown? = nil,
    _ third: @Sendable (Range<Int>) -> Void = { _ in }, giving thirdResult: Shown? = nil,
    _ fourth: @Sendable (Range<Int>) -> Void = { _ in }
  ) {
    guard instruments?.observesActivations == true else {
      return forEachBlock(of: count) { rows, _ in
        first(rows)
        second(rows)
        third(rows)
        fourth(rows)
      }
    }
    forEachBlock(of: count) { rows, _ in first(rows) }
    show(firstResult)
    forEachBlock(of: count) { rows, _ in second(rows) }
    show(secondResult)
    forEachBlock(of: count) { rows, _ in third(rows) }
    show(thirdResult)
    forEachBlock(of: count) { rows, _ in fourth(rows) }
  }

  private func show(_ result: Shown?) {
    if let result { produced(result.id, result.values) }
  }

  /// `C ← α · A·B + β · C` in the precision of the pass.
  func multiply(
    _ A: Matrix, _ orientationA: Orientation, _ B: Matrix, _ orientationB: Orientation,
    into C: Matrix, alpha: Float = 1, beta: Float = 0
  ) {
    CRATELM.multiply(
      A, orientationA, B, orientationB, into: C, alpha: alpha, beta: beta, precision: precision)
  }

  /// `C ← C + α·Aᵀ·B`, a weight's gradient, in tasks by the rows of `C`.
  ///
  /// - Parameters:
  ///   - A: `[tokens, m]`.
  ///   - B: `[tokens, n]`.
  ///   - C: `[m, n]`.
  ///   - alpha: α.
  func addTransposedProduct(_ A: Matrix, _ B: Matrix, to C: Matrix, alpha: Float = 1) {
    workers.forEachBlock(of: C.rows, by: Self.rowsPerTask) { rows, _, _ in
      multiply(A.columns(rows), .transposed, B, .plain, into: C.rows(rows), alpha: alpha, beta: 1)
    }
  }
}
