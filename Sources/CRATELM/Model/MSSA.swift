// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]   input               N  [tokens, d]  LayerNorm(X)
// U  [d, d]        subspaces           W = N·Uᵀ        coordinates in all K subspaces
// A  [tokens, d]   attention's output  O  [d, d], o  [d]   output projection and its bias
// Y = X + A·Oᵀ + o

/// Multi-head subspace self-attention with its residual: `X + MSSA(LayerNorm(X))`.
///
/// One projection serves as query, key and value (Yu et al. 2023, arXiv:2311.13110, eq. MSSA). As in
/// the released code the output projection is a matrix of its own, with a bias, and scores are
/// divided by √p.
struct MSSA: Sublayer {
  private let norm: PreNorm
  private let subspaces: Slot
  private let projection: Slot
  private let projectionBias: Slot
  private let normalized: Slot
  private let coordinates: Slot
  private let attended: Slot
  /// ℓ of every query, `[heads, tokens]`.
  private let logSumExp: Slot
  /// Per worker, the scores of one block of queries and their gradients.
  private let scores: Slot
  private let scoreGradients: Slot
  private let attendedGradient: Slot
  private let coordinatesGradient: Slot
  private let biasParts: Slot

  private let layer: Int
  private let headCount: Int
  private let headWidth: Int
  private let shape: BatchShape
  private let mask: AttentionMask

  init(_ plan: inout Plan, name: String, layer: Int) {
    let configuration = plan.configuration
    let width = configuration.width
    self.layer = layer
    headCount = configuration.headCount
    headWidth = configuration.headWidth
    shape = plan.shape
    mask = configuration.objective.attentionMask

    norm = PreNorm(&plan, name: "\(name).norm")
    subspaces = plan.parameters.matrix(
      "\(name).subspaces", width, width, .normal(deviation: 0.02))
    projection = plan.parameters.matrix(
      "\(name).projection", width, width,
      .normal(deviation: 0.02 / (2 * Float(configuration.depth)).squareRoot()))
    projectionBias = plan.parameters.vector("\(name).projection_bias", width, .zeros)

    normalized = plan.saveTokens(width: width)
    coordinates = plan.saveTokens(width: width)
    attended = plan.saveTokens(width: width)
    logSumExp = plan.saved.reserve(headCount, plan.shape.tokens)
    let keys = plan.purpose == .training ? plan.shape.context : configuration.contextLength
    let scoreRows = plan.workerCount * SubspaceAttention.blockSize
    scores = plan.scratch.reserve(scoreRows, keys)
    scoreGradients = plan.scratch.reserve(plan.purpose == .training ? scoreRows : 0, keys)
    let gradientTokens = plan.purpose == .training ? plan.shape.tokens : 0
    attendedGradient = plan.scratch.reserve(gradientTokens, width)
    coordinatesGradient = plan.scratch.reserve(gradientTokens, width)
    biasParts = plan.scratch.reserve(plan.blockCount, width)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let theta = pass.parameters.values
    let (N, W, A) = (pass.saved[normalized], pass.saved[coordinates], pass.saved[attended])
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      norm.forward(pass, X, into: N, rows: rows)
      multiply(N.rows(rows), .plain, theta[subspaces], .transposed, into: W.rows(rows))
    }
    pass.cache?.append(W, layer: layer, shape: shape)
    pass.workers.forEach(shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let Q = part(W, sequence, head)
      let K = pass.cache?.keys(layer: layer, sequence: sequence, adding: shape.context)
      SubspaceAttention.forward(
        Q, K?.columns(columns(of: head)) ?? Q, firstPosition: pass.cache?.length ?? 0, mask: mask,
        into: part(A, sequence, head), logSumExp: logSumExpRow(pass, sequence, head),
        scratch: pass.scratch[scores].group(worker, of: SubspaceAttention.blockSize))
    }
    let bias = theta[projectionBias][0]
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, _, _ in
      for row in rows {
        let (x, y) = (X[row], Y[row])
        for index in 0..<y.count { y[index] = x[index] + bias[index] }
      }
      multiply(A.rows(rows), .plain, theta[projection], .transposed, into: Y.rows(rows), beta: 1)
    }
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (theta, dTheta) = (pass.parameters.values, gradients.values)
    let (N, W, A) = (pass.saved[normalized], pass.saved[coordinates], pass.saved[attended])
    let (dA, dW) = (pass.scratch[attendedGradient], pass.scratch[coordinatesGradient])

    // Y = X + A·Oᵀ + o
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      multiply(dY.rows(rows), .plain, theta[projection], .plain, into: dA.rows(rows))
      let part = pass.scratch[biasParts][block]
      part.fill(0)
      Reductions.addColumnSums(of: dY.rows(rows), to: part)
    }
    Reductions.addColumnSums(of: pass.scratch[biasParts], to: dTheta[projectionBias][0])
    pass.workers.addTransposedProduct(dY, A, to: dTheta[projection])

    // A = attention(W)
    pass.workers.forEach(shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      SubspaceAttention.backward(
        part(W, sequence, head), part(A, sequence, head), part(dA, sequence, head),
        logSumExp: logSumExpRow(pass, sequence, head), mask: mask,
        into: part(dW, sequence, head),
        scratch: (
          pass.scratch[scores].group(worker, of: SubspaceAttention.blockSize),
          pass.scratch[scoreGradients].group(worker, of: SubspaceAttention.blockSize)
        ))
    }

    // W = N·Uᵀ, N = LayerNorm(X); dA is free and takes dN
    let dN = dA
    pass.workers.addTransposedProduct(dW, N, to: dTheta[subspaces])
    pass.workers.forEachBlock(of: X.rows, by: Plan.rowsPerBlock) { rows, block, _ in
      multiply(dW.rows(rows), .plain, theta[subspaces], .plain, into: dN.rows(rows))
      norm.backward(pass, dN, X, skip: dY, into: dX, rows: rows, block: block)
    }
    norm.addParts(pass, to: gradients)
  }

  private func columns(of head: Int) -> Range<Int> {
    head * headWidth..<(head + 1) * headWidth
  }

  /// The tokens of one sequence in one subspace.
  private func part(_ matrix: Matrix, _ sequence: Int, _ head: Int) -> Matrix {
    matrix.group(sequence, of: shape.context).columns(columns(of: head))
  }

  private func logSumExpRow(_ pass: Pass, _ sequence: Int, _ head: Int) -> Row {
    pass.saved[logSumExp][head][sequence * shape.context..<(sequence + 1) * shape.context]
  }
}

extension Objective {
  var attentionMask: AttentionMask {
    switch self {
    case .causal: .causal
    }
  }
}
