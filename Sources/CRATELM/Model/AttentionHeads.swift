// swift-format-ignore-file: AlwaysUseLowerCamelCase
// C  [tokens, d] or [tokens, 3d]   coordinates: one for query, key and value, or these side by side
// A  [tokens, d]                   what the heads attend to, side by side

import Parallel

/// How a token's query, key and value come about.
enum AttentionProjection: Sendable {
  /// One projection is all three: the subspaces of CRATE.
  case tied
  /// Each has a projection of its own.
  case separate

  /// The width of a token's coordinates in a model of `width`.
  func coordinateWidth(_ width: Int) -> Int {
    switch self {
    case .tied: width
    case .separate: 3 * width
    }
  }

  /// The width of what later tokens need of a token: its key and its value.
  func cachedWidth(_ width: Int) -> Int {
    switch self {
    case .tied: width
    case .separate: 2 * width
    }
  }
}

/// Softmax attention in all heads of all sequences of a batch.
struct AttentionHeads: Sendable {
  /// ℓ of every query, `[heads, tokens]`.
  private let logSumExp: Slot
  /// A row for each worker.
  private let scratch: Slot

  private let headCount: Int
  private let headWidth: Int
  private let width: Int
  private let shape: BatchShape
  private let mask: AttentionMask

  init(_ plan: inout Plan) {
    let configuration = plan.configuration
    headCount = configuration.headCount
    headWidth = configuration.headWidth
    width = configuration.width
    shape = plan.shape
    mask = configuration.objective.attention
    logSumExp = plan.saved.reserve(headCount, plan.shape.tokens)
    let keys = plan.purpose == .training ? plan.shape.context : configuration.contextLength
    scratch = plan.scratch.reserve(
      plan.workerCount,
      SoftmaxAttention.scratchCount(queries: plan.shape.context, keys: keys, width: headWidth))
  }

  /// Attends to the tokens of the batch and, in generation, to those in the cache before them.
  ///
  /// Padding attends to nothing: its rows of `A` become 0.
  func forward(_ pass: Pass, _ C: Matrix, layer: Int, into A: Matrix) {
    pass.cache?.append(keysAndValues(of: C), layer: layer, shape: shape)
    if let traffic = pass.traffic, let cache = pass.cache {
      traffic.read(
        shape.sequences * cache.byteCountPerToken * (cache.length + shape.context))
    }
    pass.workers.forEach(shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let tokens = 0..<pass.lengths[sequence]
      let (K, V) = seen(pass, C, layer: layer, sequence, head)
      let Y = part(A, sequence, head)
      Y.rows(tokens.upperBound..<Y.rows).clear()
      SoftmaxAttention.forward(
        part(C, sequence, head).rows(tokens), K, V,
        firstPosition: pass.cache?.length ?? 0, mask: mask, precision: pass.precision,
        into: Y.rows(tokens),
        logSumExp: logSumExpRow(pass, sequence, head),
        scratch: pass.scratch[scratch][worker])
    }
  }

  /// Overwrites `dC` with the gradient of `C`.
  func backward(_ pass: Pass, _ C: Matrix, _ A: Matrix, _ dA: Matrix, into dC: Matrix) {
    pass.workers.forEach(shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let tokens = 0..<pass.lengths[sequence]
      let seen = keysAndValues(of: C.group(sequence, of: shape.context).rows(tokens))
      let dSeen = keysAndValues(of: dC.group(sequence, of: shape.context))
      let (dQ, dK, dV) = (part(dC, sequence, head), key(dSeen, head), value(dSeen, head))
      dQ.clear()
      if C.columns != width {
        dK.clear()
        dV.clear()
      }
      let gradients = (dQ: dQ.rows(tokens), dK: dK.rows(tokens), dV: dV.rows(tokens))
      SoftmaxAttention.backward(
        part(C, sequence, head).rows(tokens), key(seen, head), value(seen, head),
        part(A, sequence, head).rows(tokens), part(dA, sequence, head).rows(tokens),
        logSumExp: logSumExpRow(pass, sequence, head), mask: mask,
        precision: pass.precision, into: gradients,
        scratch: pass.scratch[scratch][worker])
    }
  }

  /// The keys and values that the tokens of a sequence see in a head.
  private func seen(
    _ pass: Pass, _ C: Matrix, layer: Int, _ sequence: Int, _ head: Int
  ) -> (keys: Matrix, values: Matrix) {
    if let cache = pass.cache {
      return cache.tokens(
        layer: layer, sequence: sequence, head: head, of: headCount, adding: shape.context)
    }
    let tokens = 0..<pass.lengths[sequence]
    let seen = keysAndValues(of: C.group(sequence, of: shape.context).rows(tokens))
    return (key(seen, head), value(seen, head))
  }

  /// The part of the coordinates that later tokens need: all of them, or all but the query.
  private func keysAndValues(of C: Matrix) -> Matrix {
    C.columns == width ? C : C.columns(width..<C.columns)
  }

  private func columns(of head: Int) -> Range<Int> {
    head * headWidth..<(head + 1) * headWidth
  }

  /// The key of a head begins what is kept of a token, its value ends it.
  private func key(_ kept: Matrix, _ head: Int) -> Matrix { kept.columns(columns(of: head)) }

  private func value(_ kept: Matrix, _ head: Int) -> Matrix {
    kept.columns(kept.columns - width..<kept.columns).columns(columns(of: head))
  }

  /// The tokens of one sequence in one head; of coordinates, the query.
  private func part(_ matrix: Matrix, _ sequence: Int, _ head: Int) -> Matrix {
    matrix.group(sequence, of: shape.context).columns(columns(of: head))
  }

  private func logSumExpRow(_ pass: Pass, _ sequence: Int, _ head: Int) -> Row {
    pass.saved[logSumExp][head][sequence * shape.context..<(sequence + 1) * shape.context]
  }
}
