// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM

/// The `crate` model in double precision, from the published equations and without any folding.
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
      zip(E[Int(id)], Q[position]).map { $0 + $1 }
    }
    for layer in 0..<configuration.depth {
      X = attention(X, "layers.\(layer).attention")
      X = ista(X, "layers.\(layer).ista")
    }
    return Reference.product(X, Reference.transposed(E))
  }

  private func attention(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    let W = Reference.product(
      norm(X, name), Reference.transposed(matrix("\(name).subspaces")))
    let p = configuration.headWidth
    var Y = X.map { _ in [Double]() }
    for head in 0..<configuration.headCount {
      let part = W.map { Array($0[head * p..<(head + 1) * p]) }
      let attended = Reference.attention(part, causal: true)
      for row in Y.indices { Y[row] += attended[row] }
    }
    let projected = Reference.product(Y, Reference.transposed(matrix("\(name).projection")))
    let bias = parameters["\(name).projection_bias"] ?? []
    return Reference.sum(X, projected).map { zip($0, bias).map { $0 + $1 } }
  }

  private func ista(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    Reference.ista(
      norm(X, name), dictionary: matrix("\(name).dictionary"),
      stepSize: Double(configuration.stepSize), penalty: Double(configuration.sparsityPenalty))
  }

  private func norm(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    Reference.layerNorm(
      X, gain: parameters["\(name).norm.gain"] ?? [], bias: parameters["\(name).norm.bias"] ?? [])
  }

  private func matrix(_ name: String) -> Reference.Rows {
    Reference.rows(parameters[name] ?? [], configuration.width)
  }
}
