// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM
import Glibc

/// Measures of layers in double precision, term by term, from the activations that anyone can read.
struct NaiveLayers {
  private let model: LanguageModel
  private let sequences: [[Int32]]
  private let epsilon: Double
  private let activations: [[String: Reference.Rows]]
  private let weights: [[NamedValues]]
  private var configuration: ModelConfiguration { model.configuration }

  init(_ model: LanguageModel, _ sequences: [[Int32]], epsilon: Double) throws {
    (self.model, self.sequences, self.epsilon) = (model, sequences, epsilon)
    let recorded = try sequences.map { try model.activations(of: $0, threads: 1) { _ in true } }
    weights = recorded.map { $0.filter { $0.head != nil } }
    activations = recorded.map { values in
      Dictionary(
        uniqueKeysWithValues: values.filter { $0.head == nil }.map { ($0.name, Self.rows($0)) })
    }
  }

  private static func rows(_ values: NamedValues) -> Reference.Rows {
    (0..<values.shape[0]).map { values[$0].map(Double.init) }
  }

  private func parameter(_ name: String) -> [Double]? {
    model.parameter(name).map { $0.values.map(Double.init) }
  }

  /// X or X′ of a sequence.
  private func stream(_ sequence: Int, _ layer: Int, _ point: RatePoint) -> Reference.Rows {
    let last =
      switch configuration.architecture {
      case .crate: "ista.code"
      case .crateOvercomplete, .crateAlpha: "ista.output"
      case .attentionOnly: "attention.output"
      case .transformer: "mlp.output"
      }
    let before =
      layer == 0
      ? configuration.objective == .masked ? "embedding_norm" : "embedding"
      : "layers.\(layer - 1).\(last)"
    let name = point == .after ? "layers.\(layer).attention.output" : before
    return activations[sequence][name] ?? []
  }

  private var isPostNorm: Bool {
    configuration.architecture == .transformer && configuration.objective == .masked
  }

  /// What attention reads: the norm of the stream, or the stream.
  private func normed(_ X: Reference.Rows, _ layer: Int) -> Reference.Rows {
    if isPostNorm { return X }
    let name = "layers.\(layer).attention.norm"
    return Reference.layerNorm(
      X, gain: parameter("\(name).gain") ?? [], bias: parameter("\(name).bias") ?? [],
      epsilon: configuration.architecture == .crateAlpha ? 1e-6 : 1e-5)
  }

  func rates(_ layer: Int, _ point: RatePoint, _ form: RateForm) -> [Double] {
    sequences.indices.map { sequence in
      let X = stream(sequence, layer, point)
      let N = normed(X, layer)
      return switch form {
      case .official: rate(unit(N))
      case .normalized: rate(scaled(N, 1 / Double(X[0].count).squareRoot()))
      case .formula: rate(scaled(X, factor(sequence, layer)))
      }
    }
  }

  func subspaceRates(_ layer: Int, _ point: RatePoint, _ form: RateForm) -> [Double] {
    let name = "layers.\(layer).attention"
    guard let values = parameter("\(name).subspaces") else { return [] }
    let (d, p) = (configuration.width, configuration.headWidth)
    let U = Reference.rows(values, d)
    let gain = parameter("\(name).norm.gain") ?? []
    return sequences.indices.map { sequence in
      let X = stream(sequence, layer, point)
      let C =
        form == .formula
        ? Reference.dense(
          scaled(X, factor(sequence, layer)), U.map { zip($0, gain).map { $0 * $1 } })
        : Reference.dense(normed(X, layer), U)
      return (0..<configuration.headCount).reduce(0) { sum, head in
        let W = C.map { Array($0[head * p..<(head + 1) * p]) }
        return sum
          + (form == .official
            ? rate(unit(W)) : rate(form == .formula ? W : scaled(W, 1 / Double(d).squareRoot())))
      }
    }
  }

  func attention(_ layer: Int) -> [(entropy: Double, selfShare: Double)] {
    weights.map { values in
      let heads = values.filter { $0.name == "layers.\(layer).attention.weights" }
      var (entropy, share, count) = (0.0, 0.0, 0.0)
      for head in heads {
        for query in 0..<head.shape[0] {
          for p in head[query] where p > 0 { entropy -= Double(p) * log(Double(p)) }
          share += Double(head[query][head[query].startIndex + query])
          count += 1
        }
      }
      return (entropy / count, share / count)
    }
  }

  func nonzeroShares(_ layer: Int) -> [Double] {
    let half = configuration.architecture == .transformer ? "mlp" : "ista"
    return activations.compactMap { values in
      values["layers.\(layer).\(half).code"].map { code in
        let numbers = code.joined()
        return Double(numbers.count { $0 != 0 }) / Double(code.count * code[0].count)
      }
    }
  }

  private func factor(_ sequence: Int, _ layer: Int) -> Double {
    let X = stream(sequence, layer, .before)
    return (Double(X.count) / X.joined().reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  private func unit(_ Z: Reference.Rows) -> Reference.Rows {
    Z.map { row in
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
  }

  private func scaled(_ Z: Reference.Rows, _ factor: Double) -> Reference.Rows {
    Z.map { $0.map { $0 * factor } }
  }

  /// ½ log det(I + n/(T·ε²)·ZᵀZ), by elimination.
  private func rate(_ Z: Reference.Rows) -> Double {
    let n = Z[0].count
    let alpha = Double(n) / (Double(Z.count) * epsilon * epsilon)
    var A = Reference.product(Reference.transposed(Z), Z)
    for i in 0..<n { for j in 0..<n { A[i][j] = alpha * A[i][j] + (i == j ? 1 : 0) } }
    var sum = 0.0
    for pivot in 0..<n {
      sum += log(A[pivot][pivot])
      for row in pivot + 1..<n {
        let factor = A[row][pivot] / A[pivot][pivot]
        for column in pivot..<n { A[row][column] -= factor * A[pivot][column] }
      }
    }
    return sum / 2
  }
}
