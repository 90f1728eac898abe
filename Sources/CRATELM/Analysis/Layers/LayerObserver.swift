// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X, X′  [tokens, d]  the stream before and behind attention
// N = (X − μ)·ρ ∘ g + b  [tokens, d]  its LayerNorm      U  [d, d]  subspaces    C = N·Uᵀ
// F = X·(U ∘ g)ᵀ = (C − b·Uᵀ)/ρ + μ·(g·Uᵀ)  coordinates without the norm, whose gain belongs to U
// s = √(T / ‖X‖²)     the factor of the form `formula`, of each sequence

import Parallel

/// Measures the layers of a model while sequences pass through it.
///
/// All sequences of a pass are whole. Tasks are sequences, and sequences with heads; their results
/// are read in their order, so the number of threads changes no bit.
final class LayerObserver: Instruments, @unchecked Sendable {
  let observesActivations = true
  private(set) var samples: [LayerSamples]
  let plan: LayerPlan
  private let parameters: Parameters
  private let workers: Workers
  private let epsilon: Double
  /// T.
  private let length: Int
  private let memory: LayerMemory
  /// s² of every sequence of the pass, from a layer's input to its X′.
  private var squaredScales: [Double] = []

  /// - Throws: ``OutOfMemory``.
  init(
    _ model: LanguageModel, shape: BatchShape, epsilon: Double, workers: Workers
  ) throws(OutOfMemory) {
    plan = LayerPlan(model.blueprint)
    (parameters, self.workers, self.epsilon) = (model.parameters, workers, epsilon)
    length = shape.context
    samples = Array(repeating: LayerSamples(), count: plan.layers.count)
    memory = try LayerMemory(plan.configuration, shape: shape, workerCount: workers.count)
  }

  func produced(_ name: ActivationName, _ values: Matrix) {
    for place in plan.places[name] ?? [] {
      switch place {
      case .stream(let layer, let point): measure(stream: values, layer, point)
      case .coordinates(let layer): measure(coordinates: values, layer)
      case .code(let layer): measure(code: values, layer)
      }
    }
  }

  /// The sum over all tokens so far of WᵀW of each head, by its rows.
  func secondMoments(ofLayer layer: Int) -> [[[Double]]] {
    memory.secondMoments(ofLayer: layer).map { S in
      // The lower half of a symmetric matrix.
      (0..<S.rows).map { row in
        (0..<S.rows).map { Double($0 <= row ? S[row][$0] : S[$0][row]) }
      }
    }
  }

  // MARK: The stream

  private func measure(stream X: Matrix, _ layer: Int, _ point: RatePoint) {
    let sequenceCount = X.rows / length
    let norms = (0..<X.rows).map { Reductions.squaredNorm(X[$0]) }
    let sequences = (0..<sequenceCount).map { norms[$0 * length..<($0 + 1) * length] }
    if point == .before {
      squaredScales = sequences.map { Double(length) / $0.reduce(0, +) }
    }
    for squares in sequences {
      let mean = squares.reduce(0) { $0 + $1.squareRoot() } / Double(length)
      samples[layer].append(mean, to: .tokenNorm(point))
    }
    let N = normed(X, layer)
    measureWhole(X, N, layer, point)
    guard point == .after, let subspaces = plan.layers[layer].subspaces else { return }
    measureSubspaces(project(N, parameters.values[subspaces]), layer, point)
  }

  /// N, or X itself where no norm stands before attention.
  private func normed(_ X: Matrix, _ layer: Int) -> Matrix {
    guard let norm = plan.layers[layer].norm else { return X }
    let (N, mean, inverse) = memory.normed(rows: X.rows)
    let (gain, bias) = (parameters.values[norm.gain][0], parameters.values[norm.bias][0])
    workers.forEachBlock(of: X.rows, by: TokenBlock.rows) { rows, _, _ in
      LayerNorm.forward(
        X.rows(rows), gain: gain, bias: bias, epsilon: norm.epsilon, into: N.rows(rows),
        mean: mean[rows], inverseDeviation: inverse[rows])
    }
    return N
  }

  /// `Z·Uᵀ`, valid until the next call.
  private func project(_ Z: Matrix, _ U: Matrix) -> Matrix {
    let C = memory.coordinates(rows: Z.rows)
    workers.forEachBlock(of: Z.rows, by: TokenBlock.rows) { rows, _, _ in
      multiply(Z.rows(rows), .plain, U, .transposed, into: C.rows(rows))
    }
    return C
  }

  /// R of every sequence.
  private func measureWhole(_ X: Matrix, _ N: Matrix, _ layer: Int, _ point: RatePoint) {
    let (sequences, scale) = (X.rows / length, 1 / Double(X.columns))
    let rates = RateForm.allCases.map { (form: $0, values: SharedDoubles(count: sequences)) }
    let (official, normalized, formula) = (rates[0].values, rates[1].values, rates[2].values)
    // A task for both forms of N, which share a product, and one for X.
    workers.forEach(2 * sequences) { [self] task, worker in
      let (sequence, isRaw) = task.quotientAndRemainder(dividingBy: 2)
      if isRaw == 1 {
        formula[sequence] = rate(
          X.group(sequence, of: length), scale: squaredScales[sequence], worker)
      } else {
        let part = N.group(sequence, of: length)
        (official[sequence], normalized[sequence]) = CodingRate.rates(
          part, weights: lengths(part, worker), scale: scale, epsilon: epsilon,
          scratch: memory.scratch(worker))
      }
    }
    for (form, values) in rates {
      for sequence in 0..<sequences {
        samples[layer].append(values[sequence], to: .rate(point, form))
      }
    }
  }

  /// R^c of every sequence from its coordinates, the sum of the rates of all heads.
  private func measureSubspaces(_ C: Matrix, _ layer: Int, _ point: RatePoint) {
    measureSubspaces(C, layer, point, .official)
    measureSubspaces(C, layer, point, .normalized)
    measureSubspaces(withoutNorm(C, layer), layer, point, .formula)
  }

  /// F; valid until coordinates are computed again, and may take the place of `C`.
  private func withoutNorm(_ C: Matrix, _ layer: Int) -> Matrix {
    guard let slot = plan.layers[layer].subspaces, let norm = plan.layers[layer].norm else {
      return C
    }
    let U = parameters.values[slot]
    let F = memory.coordinates(rows: C.rows)
    let (_, mean, inverse) = memory.normed(rows: C.rows)
    let ofBias = memory.product(U, parameters.values[norm.bias][0], 0)
    let ofGain = memory.product(U, parameters.values[norm.gain][0], 1)
    workers.forEachBlock(of: C.rows, by: TokenBlock.rows) { rows, _, _ in
      for row in rows {
        if unsafe C.base != F.base { F[row].copy(from: C[row]) }
        Reductions.add(ofBias, scale: -1, to: F[row])
        F[row].scale(by: 1 / inverse[row])
        Reductions.add(ofGain, scale: mean[row], to: F[row])
      }
    }
    return F
  }

  private func measureSubspaces(
    _ C: Matrix, _ layer: Int, _ point: RatePoint, _ form: RateForm
  ) {
    let (heads, p) = (plan.configuration.headCount, plan.configuration.headWidth)
    let sequences = C.rows / length
    let rates = SharedDoubles(count: sequences * heads)
    workers.forEach(sequences * heads) { [self] task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: heads)
      let W = C.group(sequence, of: length).columns(head * p..<(head + 1) * p)
      rates[task] =
        switch form {
        case .official: rate(W, weights: lengths(W, worker), worker)
        case .normalized: rate(W, scale: 1 / Double(C.columns), worker)
        case .formula: rate(W, scale: squaredScales[sequence], worker)
        }
    }
    for sequence in 0..<sequences {
      let sum = (0..<heads).reduce(0) { $0 + rates[sequence * heads + $1] }
      samples[layer].append(sum, to: .subspaceRate(point, form))
    }
  }

  private func rate(
    _ Z: Matrix, weights: Row? = nil, scale: Double = 1, _ worker: Int
  ) -> Double {
    CodingRate.rate(
      Z, weights: weights, scale: scale, epsilon: epsilon, scratch: memory.scratch(worker))
  }

  /// The factors that make every row of `Z` one of length 1; a row of zeros stays one.
  private func lengths(_ Z: Matrix, _ worker: Int) -> Row {
    let weights = memory.weights(worker)
    for row in 0..<Z.rows {
      let square = Reductions.squaredNorm(Z[row])
      weights[row] = square > 0 ? Float(1 / square.squareRoot()) : 0
    }
    return weights
  }

  // MARK: Attention

  private func measure(coordinates C: Matrix, _ layer: Int) {
    guard plan.layers[layer].subspaces != nil else { return }
    memory.addSecondMoments(of: C, layer, workers)
    measureSubspaces(C, layer, .before)
  }

  /// With keys as values attention gives `Σ_s P_ts·k_s`, so that
  /// `H_t = −Σ_s P_ts log P_ts = ℓ_t − q_t·Σ_s P_ts·k_s/√p` needs no P.
  func attended(
    _ name: ActivationName, coordinates C: Matrix, output A: Matrix, logSumExp: Matrix
  ) {
    guard let layer = name.layer else { return }
    let (heads, sequences) = (plan.configuration.headCount, C.rows / length)
    let entropies = SharedDoubles(count: sequences * heads)
    let shares = SharedDoubles(count: sequences * heads)
    workers.forEach(sequences * heads) { [self] task, worker in
      let (sequence, head) = task.quotientAndRemainder(dividingBy: heads)
      let parts = attentionParts(C, A, sequence, head, worker)
      let totals = logSumExp[head][sequence * length..<(sequence + 1) * length]
      (entropies[task], shares[task]) = Self.attention(parts.Q, parts.K, parts.Y, totals)
    }
    for sequence in 0..<sequences {
      func mean(_ values: SharedDoubles) -> Double {
        (0..<heads).reduce(0) { $0 + values[sequence * heads + $1] } / Double(heads)
      }
      samples[layer].append(mean(entropies), to: .entropy)
      samples[layer].append(mean(shares), to: .selfShare)
    }
  }

  /// Queries, keys and `P·K` of a head; tied attention has computed the last, as its output.
  private func attentionParts(
    _ C: Matrix, _ A: Matrix, _ sequence: Int, _ head: Int, _ worker: Int
  ) -> (Q: Matrix, K: Matrix, Y: Matrix) {
    let (width, p) = (plan.configuration.width, plan.configuration.headWidth)
    let columns = head * p..<(head + 1) * p
    let rows = C.group(sequence, of: length)
    let Q = rows.columns(columns)
    guard C.columns > width else {
      return (Q, Q, A.group(sequence, of: length).columns(columns))
    }
    let K = rows.columns(width + columns.lowerBound..<width + columns.upperBound)
    let (Y, logSumExp, scratch) = memory.attention(worker)
    SoftmaxAttention.forward(
      Q, K, K, firstPosition: 0, mask: plan.configuration.objective.attention, into: Y,
      logSumExp: logSumExp, scratch: scratch)
    return (Q, K, Y)
  }

  /// The mean entropy and the mean share of the token itself, over the queries of a head.
  private static func attention(
    _ Q: Matrix, _ K: Matrix, _ Y: Matrix, _ logSumExp: Row
  ) -> (Double, Double) {
    let scale = 1 / Double(Q.columns).squareRoot()
    var (entropy, share) = (0.0, 0.0)
    for token in 0..<Q.rows {
      let total = Double(logSumExp[token])
      entropy += max(0, total - Double(Reductions.dot(Q[token], Y[token])) * scale)
      share += (Double(Reductions.dot(Q[token], K[token])) * scale - total).exponential
    }
    return (entropy / Double(Q.rows), share / Double(Q.rows))
  }

  // MARK: The code

  private func measure(code Z: Matrix, _ layer: Int) {
    let (sequences, width) = (Z.rows / length, Z.columns)
    let (sums, counted) = (SharedDoubles(count: sequences), SharedDoubles(count: sequences))
    let firings = memory.firings(sequences: sequences, width: width)
    workers.forEach(sequences) { [self] sequence, _ in
      let part = Z.group(sequence, of: length)
      firings[sequence].fill(0)
      Shrinkage.countPositives(of: part, into: firings[sequence])
      for token in 0..<part.rows {
        let square = Reductions.squaredNorm(part[token])
        guard square > 0, width > 1 else { continue }
        let root = Double(width).squareRoot()
        let ratio = Double(part[token].total) / square.squareRoot()
        sums[sequence] += (root - ratio) / (root - 1)
        counted[sequence] += 1
      }
    }
    if samples[layer].firings.isEmpty {
      samples[layer].firings = [Int](repeating: 0, count: width)
    }
    for sequence in 0..<sequences {
      var nonzeros = 0
      for unit in 0..<width {
        let count = Int(firings[sequence][unit])
        samples[layer].firings[unit] += count
        nonzeros += count
      }
      samples[layer].append(
        Double(nonzeros) / Double(length * width), to: .nonzeroFraction)
      if counted[sequence] > 0 {
        samples[layer].append(sums[sequence] / counted[sequence], to: .hoyer)
      }
    }
  }
}
