// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM

/// The models in double precision, from the published equations and without any folding.
struct ReferenceModel {
  let configuration: ModelConfiguration
  var parameters: [String: [Double]]

  /// The parameters of `model`.
  init(_ model: LanguageModel) {
    configuration = model.configuration
    parameters = [:]
    for tensor in model.layout.tensors {
      parameters[tensor.name] = model.parameters.values[tensor.slot].elements.map(Double.init)
    }
  }

  /// The mean loss over all sequences, each of `context` tokens.
  func loss(inputs: [Int32], targets: [Int32], context: Int) -> Double {
    var total = 0.0
    for start in stride(from: 0, to: inputs.count, by: context) {
      let logits = logits(Array(inputs[start..<start + context]))
      for (row, target) in zip(logits, targets[start..<start + context]) {
        total += Reference.loss(row, target: Int(target))
      }
    }
    return total / Double(inputs.count)
  }

  func logits(_ ids: [Int32]) -> Reference.Rows {
    let (E, Q) = (matrix("token_embedding"), matrix("position_embedding"))
    var X = ids.enumerated().map { position, id in
      zip(E[Int(id)], Q[configuration.positionOffset + position]).map { $0 + $1 }
    }
    for layer in 0..<configuration.depth {
      X = sublayer(X, "layers.\(layer).attention", attention)
      switch configuration.architecture {
      case .crate: X = ista(norm(X, "layers.\(layer).ista.norm"), "layers.\(layer).ista")
      case .crateOvercomplete:
        X = overcompleteISTA(norm(X, "layers.\(layer).ista.norm"), "layers.\(layer).ista")
      case .crateAlpha: X = sublayer(X, "layers.\(layer).ista", overcompleteISTA)
      case .transformer: X = sublayer(X, "layers.\(layer).mlp", feedForward)
      }
    }
    if parameters["final_norm.gain"] != nil { X = norm(X, "final_norm") }
    return Reference.product(X, Reference.transposed(E))
  }

  /// A residual with its norm, before the map or after the sum.
  private func sublayer(
    _ X: Reference.Rows, _ name: String, _ map: (Reference.Rows, String) -> Reference.Rows
  ) -> Reference.Rows {
    configuration.architecture == .transformer && configuration.objective == .masked
      ? norm(Reference.sum(X, map(X, name)), "\(name).norm")
      : Reference.sum(X, map(norm(X, "\(name).norm"), name))
  }

  private func attention(_ N: Reference.Rows, _ name: String) -> Reference.Rows {
    let isTied = configuration.architecture != .transformer
    let C = dense(N, "\(name).\(isTied ? "subspaces" : "query_key_value")")
    let (d, p) = (configuration.width, configuration.headWidth)
    var Y = N.map { _ in [Double]() }
    for head in 0..<configuration.headCount {
      func part(_ index: Int) -> Reference.Rows {
        let start = (isTied ? 0 : index * d) + head * p
        return C.map { Array($0[start..<start + p]) }
      }
      let attended = Reference.attention(
        part(0), part(1), part(2), causal: configuration.objective == .causal)
      for row in Y.indices { Y[row] += attended[row] }
    }
    return dense(Y, "\(name).projection")
  }

  private func ista(_ u: Reference.Rows, _ name: String) -> Reference.Rows {
    Reference.ista(
      u, dictionary: matrix("\(name).dictionary"),
      stepSize: Double(configuration.stepSize), penalty: Double(configuration.sparsityPenalty))
  }

  private func overcompleteISTA(_ u: Reference.Rows, _ name: String) -> Reference.Rows {
    let V = matrix("\(name).dictionary")
    let code = Reference.overcompleteCode(
      u, dictionary: V, stepSize: Double(configuration.stepSize),
      penalty: Double(configuration.sparsityPenalty))
    let decoder = "\(name).decode_dictionary"
    return Reference.product(code, parameters[decoder] == nil ? V : matrix(decoder))
  }

  private func feedForward(_ N: Reference.Rows, _ name: String) -> Reference.Rows {
    let hidden = dense(N, "\(name).expansion").map { row in
      row.map { Reference.activation(configuration.activation, $0) }
    }
    return dense(hidden, "\(name).contraction")
  }

  /// X·Wᵀ, and + b where there is one.
  private func dense(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    let W = Reference.rows(parameters[name] ?? [], X[0].count)
    let Y = Reference.product(X, Reference.transposed(W))
    guard let bias = parameters["\(name)_bias"] else { return Y }
    return Y.map { zip($0, bias).map { $0 + $1 } }
  }

  private func norm(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    Reference.layerNorm(
      X, gain: parameters["\(name).gain"] ?? [], bias: parameters["\(name).bias"] ?? [],
      epsilon: normEpsilon)
  }

  private var normEpsilon: Double {
    switch (configuration.architecture, configuration.objective) {
    case (.crateAlpha, _): 1e-6
    case (.transformer, .masked): 1e-12
    default: 1e-5
    }
  }

  private func matrix(_ name: String) -> Reference.Rows {
    Reference.rows(parameters[name] ?? [], configuration.width)
  }
}
