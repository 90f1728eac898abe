// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel

/// The buffers and threads that one pass through a network works with.
package struct Pass: Sendable {
  let parameters: Parameters
  let saved: Buffer
  let scratch: Buffer
  let workers: Workers
  /// That of the products of activations.
  let precision: Precision
  /// The tokens of each sequence; the rest of its rows is padding, which no token sees.
  let lengths: [Int]
  /// The coordinates of earlier tokens, in generation.
  let cache: KeyValueCache?

  /// The weights in the format and the layout of their use; `nil` for the parameters as they are.
  let packed: PackedWeights?
  /// Where the time of training is noted, if anywhere.
  let profile: TrainingProfile?
  /// Whether products use what is folded from the parameters.
  let isFolded: Bool
  /// Where the bytes are counted that products of vectors read, if anywhere.
  let traffic: MemoryTraffic?

  /// Runs `body`, noting its time.
  func measure(_ part: TrainingPart, _ body: () -> Void) {
    guard let profile else { return body() }
    profile.measure(part, body)
  }

  /// The rows of a weight's gradient that one task computes.
  private static let rowsPerTask = 128

  /// `C ← α · A·B + β · C` in the precision of the pass.
  func multiply(
    _ A: Matrix, _ orientationA: Orientation, _ B: Matrix, _ orientationB: Orientation,
    into C: Matrix, alpha: Float = 1, beta: Float = 0
  ) {
    CRATELM.multiply(
      A, orientationA, B, orientationB, into: C, alpha: alpha, beta: beta, precision: precision)
  }

  /// `C ← C + α·Aᵀ·B`, a weight's gradient, cut by the rows of `C`.
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
