// swift-format-ignore-file: AlwaysUseLowerCamelCase
// C  [tokens, d] or [tokens, 3d]   coordinates: one for query, key and value, or three side by side
// A  [tokens, d]                   outputs of the heads, side by side

import Parallel

/// The projections behind a token's query, key and value.
enum AttentionProjection: Sendable {
  /// One projection for all three: the subspaces of CRATE.
  case tied
  /// One projection for each.
  case separate

  /// The width of a token's coordinates in a model of `width`.
  func coordinateWidth(_ width: Int) -> Int {
    switch self {
    case .tied: width
    case .separate: 3 * width
    }
  }

  /// The width of a token's key and value, which later tokens read.
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
  private let logSumExp: ActivationID
  /// The kernel's scratch, a row for each worker.
  private let scratch: ActivationID
  /// P, computed for observers only.
  private let weights: ActivationID
  /// The keys and values of a sequence.
  private let memory: MemoryID

  private let headCount: Int
  private let headWidth: Int
  private let width: Int
  private let mask: AttentionMask

  init(_ declarations: inout Declarations, _ projection: AttentionProjection) {
    let configuration = declarations.configuration
    headCount = configuration.headCount
    headWidth = configuration.headWidth
    width = configuration.width
    mask = configuration.objective.attention
    logSumExp = declarations.activation(.perToken(rows: headCount), .kept)
    let (headWidth, contextLength) = (headWidth, configuration.contextLength)
    scratch = declarations.activation(
      .of { placement in
        let queries = placement.shape.context
        let keys = placement.purpose == .training ? queries : contextLength
        return (
          placement.workerCount,
          SoftmaxAttention.scratchCount(queries: queries, keys: keys, width: headWidth)
        )
      }, .passing)
    weights = declarations.name(.weights, .keys(headCount: headCount))
    declarations.attend(width: width)
    memory = declarations.remember(
      SequenceMemory(vectors: projection.cachedWidth(width) / headWidth, width: headWidth))
  }

  /// Attends to the tokens of the batch and, in generation, to earlier tokens of its sequences.
  ///
  /// Padding attends to nothing: its rows of `A` become 0.
  func forward(_ pass: Pass, _ C: Matrix, into A: Matrix) {
    if let continued = pass.continued {
      continued.write(keysAndValues(of: C), to: memory)
      pass.instruments?.traffic?.read(continued.byteCount(memory, adding: pass.shape.context))
    }
    pass.workers.forEach(pass.shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let tokens = 0..<pass.lengths[sequence]
      let (K, V) = seen(pass, C, sequence, head)
      let Y = part(pass, A, sequence, head)
      Y.rows(tokens.upperBound..<Y.rows).clear()
      SoftmaxAttention.forward(
        part(pass, C, sequence, head).rows(tokens), K, V,
        firstPosition: pass.firstPosition(sequence), mask: mask, precision: pass.precision,
        into: Y.rows(tokens),
        logSumExp: logSumExpRow(pass, sequence, head),
        scratch: pass[scratch][worker])
    }
    show(pass, C, A)
  }

  /// Reports to the observer, and computes P for the heads that it wants.
  private func show(_ pass: Pass, _ C: Matrix, _ A: Matrix) {
    guard let instruments = pass.instruments, instruments.observesActivations,
      let name = pass.blueprint.name(of: weights)
    else { return }
    instruments.attended(name, coordinates: C, output: A, logSumExp: pass[logSumExp])
    let wanted = (0..<pass.shape.sequences * headCount).map { task -> Matrix? in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let queries = pass.lengths[sequence]
      return instruments.attentionWeights(
        name, sequence: sequence, head: head, queries: queries,
        keys: queries + pass.firstPosition(sequence))
    }
    pass.workers.forEach(wanted.count) { task, _ in
      guard let P = wanted[task] else { return }
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      SoftmaxAttention.weights(
        part(pass, C, sequence, head).rows(0..<pass.lengths[sequence]),
        seen(pass, C, sequence, head).keys, firstPosition: pass.firstPosition(sequence),
        mask: mask, logSumExp: logSumExpRow(pass, sequence, head), into: P)
    }
  }

  /// Overwrites `dC` with the gradient of `C`.
  func backward(_ pass: Pass, _ C: Matrix, _ A: Matrix, _ dA: Matrix, into dC: Matrix) {
    pass.workers.forEach(pass.shape.sequences * headCount) { task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: headCount)
      let tokens = 0..<pass.lengths[sequence]
      let seen = keysAndValues(of: C.group(sequence, of: pass.shape.context).rows(tokens))
      let dSeen = keysAndValues(of: dC.group(sequence, of: pass.shape.context))
      let (dQ, dK, dV) = (part(pass, dC, sequence, head), key(dSeen, head), value(dSeen, head))
      dQ.clear()
      if C.columns != width {
        dK.clear()
        dV.clear()
      }
      let gradients = (dQ: dQ.rows(tokens), dK: dK.rows(tokens), dV: dV.rows(tokens))
      SoftmaxAttention.backward(
        part(pass, C, sequence, head).rows(tokens), key(seen, head), value(seen, head),
        part(pass, A, sequence, head).rows(tokens), part(pass, dA, sequence, head).rows(tokens),
        logSumExp: logSumExpRow(pass, sequence, head), mask: mask,
        precision: pass.precision, into: gradients,
        scratch: pass[scratch][worker])
    }
  }

  /// The keys and values that a sequence's tokens see in a head.
  private func seen(
    _ pass: Pass, _ C: Matrix, _ sequence: Int, _ head: Int
  ) -> (keys: Matrix, values: Matrix) {
    if let continued = pass.continued {
      // Values end a token's vectors: the value of the last head is the last vector.
      let value = keysAndValues(of: C).columns / headWidth - headCount + head
      func tokens(_ vector: Int) -> Matrix {
        continued.tokens(memory, sequence: sequence, vector: vector, adding: pass.shape.context)
      }
      return (tokens(head), tokens(value))
    }
    let tokens = 0..<pass.lengths[sequence]
    let seen = keysAndValues(of: C.group(sequence, of: pass.shape.context).rows(tokens))
    return (key(seen, head), value(seen, head))
  }

  /// The coordinates that later tokens read: all of them, or all but the query.
  private func keysAndValues(of C: Matrix) -> Matrix {
    C.columns == width ? C : C.columns(width..<C.columns)
  }

  private func columns(of head: Int) -> Range<Int> {
    head * headWidth..<(head + 1) * headWidth
  }

  /// The key of a head in `kept`, which begins with the keys and ends with the values.
  private func key(_ kept: Matrix, _ head: Int) -> Matrix { kept.columns(columns(of: head)) }

  private func value(_ kept: Matrix, _ head: Int) -> Matrix {
    kept.columns(kept.columns - width..<kept.columns).columns(columns(of: head))
  }

  /// The rows of one sequence and columns of one head; of coordinates, the query.
  private func part(_ pass: Pass, _ matrix: Matrix, _ sequence: Int, _ head: Int) -> Matrix {
    matrix.group(sequence, of: pass.shape.context).columns(columns(of: head))
  }

  private func logSumExpRow(_ pass: Pass, _ sequence: Int, _ head: Int) -> Row {
    let context = pass.shape.context
    return pass[logSumExp][head][sequence * context..<(sequence + 1) * context]
  }
}
