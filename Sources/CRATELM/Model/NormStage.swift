// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel

/// A LayerNorm by itself: of the embeddings, or before the head.
struct NormStage: Sublayer {
  let part = TrainingPart.norms
  private let norm: TokenNorm

  init(_ plan: inout Plan, name: String, epsilon: Float) {
    norm = TokenNorm(&plan, name: name, epsilon: epsilon)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      norm.forward(pass, X, into: Y, rows: rows)
    }
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      norm.backward(pass, dY, X, skip: nil, into: dX, rows: rows, block: block)
    }
    norm.addParts(pass, ofRows: X.rows, to: gradients)
  }
}
