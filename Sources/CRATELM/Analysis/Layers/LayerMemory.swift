// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel

/// The memory in which layers are measured, reserved once.
final class LayerMemory: Sendable {
  /// The memory of a worker.
  private struct Bench {
    let copy, square, weights, attended, logSumExp, attention: Slot
  }

  private let buffer: Buffer
  private let normed, statistics, coordinates, products, firings: Slot
  private let benches: [Bench]
  /// Σ WᵀW of each head of each layer, `[K·p, p]`, in the lower half of each head's block.
  private let moments: [Slot]
  private let headWidth: Int
  private let length: Int

  /// - Throws: ``OutOfMemory``.
  init(_ model: ModelConfiguration, shape: BatchShape, workerCount: Int) throws(OutOfMemory) {
    let (T, d, p) = (shape.context, model.width, model.headWidth)
    (headWidth, length) = (p, T)
    var layout = Layout()
    normed = layout.reserve(shape.tokens, d)
    statistics = layout.reserve(2, shape.tokens)
    coordinates = layout.reserve(shape.tokens, d)
    products = layout.reserve(2, d)
    let widestCode = max(OvercompleteISTA.overcompleteness, FeedForward.expansionFactor) * d
    firings = layout.reserve(shape.sequences, widestCode)
    let size = min(T, d)
    benches = (0..<workerCount).map { _ in
      Bench(
        copy: layout.reserve(T, d), square: layout.reserve(size, size),
        weights: layout.reserve(1, T), attended: layout.reserve(T, p),
        logSumExp: layout.reserve(1, T),
        attention: layout.reserve(
          1, SoftmaxAttention.scratchCount(queries: T, keys: T, width: p)))
    }
    moments = (0..<model.depth).map { _ in layout.reserve(d, p) }
    buffer = try Buffer(layout)
  }

  /// Room for `rows` tokens behind a norm, and its statistics.
  func normed(rows: Int) -> (N: Matrix, mean: Row, inverseDeviation: Row) {
    let both = buffer[statistics]
    return (buffer[normed].rows(0..<rows), both[0][0..<rows], both[1][0..<rows])
  }

  func coordinates(rows: Int) -> Matrix { buffer[coordinates].rows(0..<rows) }

  /// `x·Uᵀ` in one of two places.
  func product(_ U: Matrix, _ x: Row, _ place: Int) -> Row {
    let y = buffer[products][place]
    for row in 0..<U.rows { y[row] = Reductions.dot(U[row], x) }
    return y
  }

  /// A row of counts for each sequence.
  func firings(sequences: Int, width: Int) -> Matrix {
    buffer[firings].rows(0..<sequences).columns(0..<width)
  }

  func scratch(_ worker: Int) -> CodingRate.Scratch {
    CodingRate.Scratch(
      copy: buffer[benches[worker].copy], squares: buffer[benches[worker].square])
  }

  func weights(_ worker: Int) -> Row { buffer[benches[worker].weights][0] }

  /// Room for the attention of one head to its keys.
  func attention(_ worker: Int) -> (attended: Matrix, logSumExp: Row, scratch: Row) {
    let bench = benches[worker]
    return (buffer[bench.attended], buffer[bench.logSumExp][0], buffer[bench.attention][0])
  }

  /// Adds WᵀW of each head of `C`, `[tokens, d]`.
  func addSecondMoments(of C: Matrix, _ layer: Int, _ workers: Workers) {
    let S = buffer[moments[layer]]
    workers.forEach(C.columns / headWidth) { head, _ in
      SymmetricProduct.square(
        C.columns(head * headWidth..<(head + 1) * headWidth), .transposed,
        intoLowerHalfOf: S.group(head, of: headWidth), beta: 1)
    }
  }

  func secondMoments(ofLayer layer: Int) -> [Matrix] {
    let S = buffer[moments[layer]]
    return (0..<S.rows / headWidth).map { S.group($0, of: headWidth) }
  }
}
