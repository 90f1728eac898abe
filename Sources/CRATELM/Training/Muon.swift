// swift-format-ignore-file: AlwaysUseLowerCamelCase
// W  [r, c]  a matrix of a layer      G  its gradient · scale      M  momentum      μ, α, ω  constants
// M ← M + (1 − μ)(G − M)              U = G + μ(M − G)
// O = U·Vᵀ of U = U·Σ·Vᵀ, nearly      W ← W − α·ω·W − α·√max(1, r/c)·O

package import Parallel

/// Muon (Jordan 2024): momentum, Nesterov's look ahead, and an update with singular values near 1.
///
/// The formula is that of `torch.optim.Muon`, in single precision. Rows and columns are those of
/// the stored matrix: a linear map has a row for each output, a dictionary one for each atom. A
/// tensor of several matrices, such as query, key and value, has each updated by itself.
package final class Muon: Optimizer {
  /// M, for the matrices alone.
  private let momentum: Moment
  /// μ.
  private let decay: Float
  private let orthogonalization: [(a: Float, b: Float, c: Float)]
  private let weightDecay: Float
  /// α in multiples of AdamW's rate: both follow one schedule.
  private let relativeRate: Double
  /// The matrices, the largest first, so that threads end together.
  private let tasks: [UpdateTask]
  /// Memory for each thread.
  private let scratch: [Scratch]

  package var moments: [Moment] { [momentum] }

  /// A matrix in the parameters and in ``momentum``.
  private struct UpdateTask {
    let slot: Slot
    let momentum: Slot
    let scale: Float
  }

  package init(
    _ tensors: [Tensor], _ configuration: MuonConfiguration, _ plan: OptimizerPlan,
    workerCount: Int
  ) throws(OutOfMemory) {
    let layout = Layout(tensors)
    momentum = try Moment("momentum", layout)
    decay = configuration.momentum
    orthogonalization = configuration.orthogonalization.steps
    weightDecay = plan.adamW.weightDecay
    relativeRate = configuration.learningRate / plan.peak
    tasks = zip(tensors, layout.tensors).flatMap { tensor, moment in
      zip(tensor.matrices, moment.matrices).map { slot, momentum in
        UpdateTask(
          slot: slot, momentum: momentum,
          scale: max(1, Float(slot.rows) / Float(slot.columns)).squareRoot())
      }
    }.sorted { $0.slot.count > $1.slot.count }
    var scratch: [Scratch] = []
    for _ in 0..<workerCount { scratch.append(try Scratch(tensors)) }
    self.scratch = scratch
  }

  static func scratchByteCount(_ tensors: [Tensor], workerCount: Int) -> Int {
    workerCount * Scratch.floatCount(tensors) * MemoryLayout<Float>.stride
  }

  package func update(
    _ values: Buffer, gradient: Buffer, _ step: UpdateStep, workers: Workers
  ) {
    let learningRate = Float(Double(step.learningRate) * relativeRate)
    workers.forEach(tasks.count) { [self] index, worker in
      let task = tasks[index]
      let (M, W) = (momentum.buffer[task.momentum], values[task.slot])
      let scratch = scratch[worker]
      let U = scratch.matrix(0, like: W)
      look(ahead: M, gradient[task.slot], scale: step.gradientScale, into: U)
      let O = orthogonalize(U, scratch)
      for row in 0..<W.rows {
        if weightDecay > 0 { W[row].scale(by: 1 - learningRate * weightDecay) }
        Reductions.add(O[row], scale: -learningRate * task.scale, to: W[row])
      }
    }
  }

  /// Updates `M` with the gradient `G · scale`; `U` takes the mixture of both.
  private func look(ahead M: Matrix, _ G: Matrix, scale: Float, into U: Matrix) {
    for row in 0..<M.rows {
      M[row].scale(by: decay)
      Reductions.add(G[row], scale: (1 - decay) * scale, to: M[row])
      U[row].copy(from: G[row])
      U[row].scale(by: (1 - decay) * scale)
      Reductions.add(M[row], scale: decay, to: U[row])
    }
  }

  /// The matrix with the singular vectors of `U` and singular values near 1, in scratch memory.
  ///
  /// `U` is the first matrix of the scratch memory and is lost.
  private func orthogonalize(_ U: Matrix, _ scratch: Scratch) -> Matrix {
    // The least norm is PyTorch's; it keeps a gradient of zeros at zero.
    let norm = max(U.squaredNorm.squareRoot(), 1e-7)
    for row in 0..<U.rows { U[row].scale(by: Float(1 / norm)) }
    let isWide = U.rows <= U.columns
    let (S, P) = scratch.squares(of: min(U.rows, U.columns))
    var (X, next) = (U, scratch.matrix(1, like: U))
    for (a, b, c) in orthogonalization {
      // S = X·Xᵀ, or Xᵀ·X of a tall matrix; P = b·S + c·S²; X ← a·X + P·X, or a·X + X·P
      SymmetricProduct.square(X, isWide ? .plain : .transposed, intoLowerHalfOf: S)
      SymmetricProduct.mirrorLowerHalf(of: S)
      P.copy(from: S)
      SymmetricProduct.square(S, intoLowerHalfOf: P, alpha: c, beta: b)
      next.copy(from: X)
      SymmetricProduct.multiply(lowerHalfOf: P, isLeft: isWide, X, into: next, beta: a)
      swap(&X, &next)
    }
    return X
  }
}

extension Tensor {
  /// The matrices that are stacked in it.
  fileprivate var matrices: [Slot] {
    guard case .layerMatrices(let count) = role else { return [slot] }
    let rows = slot.rows / count
    return (0..<count).map {
      Slot(offset: slot.offset + $0 * rows * slot.columns, rows: rows, columns: slot.columns)
    }
  }
}

/// The memory of a thread: two matrices and two squares as large as the largest.
private struct Scratch {
  private let buffer: Buffer
  private let matrixCount: Int
  private let squareCount: Int

  init(_ tensors: [Tensor]) throws(OutOfMemory) {
    (matrixCount, squareCount) = Self.counts(tensors)
    buffer = try Buffer(count: 2 * (matrixCount + squareCount))
  }

  static func floatCount(_ tensors: [Tensor]) -> Int {
    let (matrix, square) = counts(tensors)
    return 2 * (matrix + square)
  }

  private static func counts(_ tensors: [Tensor]) -> (matrix: Int, square: Int) {
    let slots = tensors.flatMap(\.matrices)
    return (
      slots.map(\.count).max() ?? 0,
      slots.map { min($0.rows, $0.columns) }.max().map { $0 * $0 } ?? 0
    )
  }

  func matrix(_ index: Int, like other: Matrix) -> Matrix {
    buffer[Slot(offset: index * matrixCount, rows: other.rows, columns: other.columns)]
  }

  func squares(of width: Int) -> (Matrix, Matrix) {
    func square(_ index: Int) -> Matrix {
      buffer[
        Slot(offset: 2 * matrixCount + index * squareCount, rows: width, columns: width)]
    }
    return (square(0), square(1))
  }
}
