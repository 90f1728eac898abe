// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// A LayerNorm of tokens with its parameters and what its derivative needs.
struct TokenNorm: Sendable {
  let gain: Slot
  let bias: Slot
  private let epsilon: Float
  private let mean: Slot
  private let inverseDeviation: Slot
  /// Per block of rows, the block's part of the gradients of gain and bias.
  private let gainParts: Slot
  private let biasParts: Slot

  init(_ plan: inout Plan, name: String, epsilon: Float) {
    let width = plan.configuration.width
    self.epsilon = epsilon
    gain = plan.parameters.vector("\(name).gain", width, .ones)
    bias = plan.parameters.vector("\(name).bias", width, .zeros)
    mean = plan.saved.reserve(1, plan.shape.tokens)
    inverseDeviation = plan.saved.reserve(1, plan.shape.tokens)
    gainParts = plan.scratch.reserve(plan.blockCount, width)
    biasParts = plan.scratch.reserve(plan.blockCount, width)
  }

  /// Normalises the tokens in `rows`; `X` and `Y` may be the same.
  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix, rows: Range<Int>) {
    LayerNorm.forward(
      X.rows(rows), gain: pass.parameters.values[gain][0], bias: pass.parameters.values[bias][0],
      epsilon: epsilon, into: Y.rows(rows), mean: pass.saved[mean][0][rows],
      inverseDeviation: pass.saved[inverseDeviation][0][rows])
  }

  /// μ and ρ of a token as ``forward(_:_:into:rows:)`` left them.
  func statistics(_ pass: Pass, row: Int) -> (mean: Float, inverseDeviation: Float) {
    (pass.saved[mean][0][row], pass.saved[inverseDeviation][0][row])
  }

  /// The gradient of the tokens in `rows`, which are block `block`, plus `skip`; `dX` may be `dY`
  /// or `skip`.
  func backward(
    _ pass: Pass, _ dY: Matrix, _ X: Matrix, skip: Matrix?, into dX: Matrix, rows: Range<Int>,
    block: Int
  ) {
    let dGain = pass.scratch[gainParts][block]
    let dBias = pass.scratch[biasParts][block]
    dGain.fill(0)
    dBias.fill(0)
    LayerNorm.backward(
      dY.rows(rows), X.rows(rows), gain: pass.parameters.values[gain][0],
      mean: pass.saved[mean][0][rows], inverseDeviation: pass.saved[inverseDeviation][0][rows],
      skip: skip?.rows(rows), into: dX.rows(rows), dGain: dGain, dBias: dBias)
  }

  /// Adds the parts of the blocks of `count` rows to the gradients, in the order of the blocks.
  func addParts(_ pass: Pass, ofRows count: Int, to gradients: Parameters) {
    let blocks = 0..<Plan.blockCount(ofRows: count)
    Reductions.addColumnSums(
      of: pass.scratch[gainParts].rows(blocks), to: gradients.values[gain][0])
    Reductions.addColumnSums(
      of: pass.scratch[biasParts].rows(blocks), to: gradients.values[bias][0])
  }
}
