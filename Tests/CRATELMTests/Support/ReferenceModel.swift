// swift-format-ignore-file: AlwaysUseLowerCamelCase
import CRATELM

/// The models in double precision: the operators of ``Reference``, put together.
struct ReferenceModel {
  let configuration: ModelConfiguration
  var parameters: [String: [Double]]
  /// Changes the code of the operator `name`.
  var steer: (_ name: String, _ code: Reference.Rows) -> Reference.Rows = { $1 }
  /// Told of every named activation; of attention weights, the queries of one head after the other.
  var show: (_ name: String, _ values: Reference.Rows) -> Void = { _, _ in }

  init(_ configuration: ModelConfiguration, parameters: [String: [Double]]) {
    self.configuration = configuration
    self.parameters = parameters
  }

  /// The parameters of `model`.
  init(_ model: LanguageModel) {
    configuration = model.configuration
    parameters = [:]
    for tensor in model.layout.tensors {
      parameters[tensor.name] = model.parameters.values[tensor.slot].elements.map(Double.init)
    }
  }

  /// The mean loss over all predictions; padding is cut off.
  func loss(_ batch: Batch) -> Double {
    let logits = batch.lengths.enumerated().map { sequence, length in
      let start = sequence * batch.contextLength
      return self.logits(Array(batch.inputs[start..<start + length]))
    }
    let losses = zip(batch.predicted, batch.targets).map { position, target in
      let (sequence, place) = position.quotientAndRemainder(dividingBy: batch.contextLength)
      return Reference.crossEntropy(logits[sequence][place], target: Int(target))
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  func logits(_ ids: [Int32]) -> Reference.Rows {
    let E = matrix("token_embedding")
    var X = Reference.embedding(
      ids, tokens: E, positions: matrix("position_embedding"),
      firstPosition: configuration.positionOffset)
    if configuration.objective == .masked {
      let type = matrix("token_type_embedding")[0]
      X = X.map { zip($0, type).map { $0 + $1 } }
    }
    show("embedding", X)
    if configuration.objective == .masked {
      X = shown("embedding_norm", norm(X, "embedding_norm", epsilon: 1e-12))
    }
    for layer in 0..<configuration.depth {
      X = sublayer(X, "layers.\(layer).attention", attention)
      switch configuration.architecture {
      case .crate: X = ista(norm(X, "layers.\(layer).ista.norm"), "layers.\(layer).ista")
      case .crateOvercomplete:
        X = shown(
          "layers.\(layer).ista.output",
          overcompleteISTA(norm(X, "layers.\(layer).ista.norm"), "layers.\(layer).ista"))
      case .crateAlpha: X = sublayer(X, "layers.\(layer).ista", overcompleteISTA)
      case .transformer: X = sublayer(X, "layers.\(layer).mlp", feedForward)
      case .attentionOnly: break
      }
    }
    if parameters["final_norm.gain"] != nil { X = shown("final_norm", norm(X, "final_norm")) }
    guard configuration.objective == .masked else {
      return Reference.dense(shown("head.input", X), E)
    }
    let hidden = dense(X, "head.transform").map { $0.map { Reference.activation(.gelu, $0) } }
    return Reference.dense(
      shown("head.input", norm(hidden, "head.norm", epsilon: 1e-12)), E,
      bias: parameters["head.bias"])
  }

  private func shown(_ name: String, _ values: Reference.Rows) -> Reference.Rows {
    show(name, values)
    return values
  }

  /// A residual with its norm, before the map or after the sum.
  private func sublayer(
    _ X: Reference.Rows, _ name: String, _ map: (Reference.Rows, String) -> Reference.Rows
  ) -> Reference.Rows {
    shown(
      "\(name).output",
      configuration.architecture == .transformer && configuration.objective == .masked
        ? norm(Reference.sum(X, map(X, name)), "\(name).norm")
        : Reference.sum(X, map(norm(X, "\(name).norm"), name)))
  }

  private func attention(_ N: Reference.Rows, _ name: String) -> Reference.Rows {
    let mask = configuration.objective == .causal ? AttentionMask.causal : .bidirectional
    guard configuration.architecture == .transformer else {
      let W = shown("\(name).coordinates", Reference.dense(N, matrix("\(name).subspaces")))
      showHeads(name, W, W, W, mask)
      return Reference.mssa(
        N, subspaces: matrix("\(name).subspaces"), projection: matrix("\(name).projection"),
        bias: parameters["\(name).projection_bias"], headCount: configuration.headCount, mask: mask)
    }
    let C = shown("\(name).coordinates", dense(N, "\(name).query_key_value"))
    func part(_ index: Int) -> Reference.Rows {
      C.map { Array($0[index * configuration.width..<(index + 1) * configuration.width]) }
    }
    showHeads(name, part(0), part(1), part(2), mask)
    let attended = Reference.multiHeadAttention(
      part(0), part(1), part(2), headCount: configuration.headCount, mask: mask)
    return dense(attended, "\(name).projection")
  }

  private func showHeads(
    _ name: String, _ Q: Reference.Rows, _ K: Reference.Rows, _ V: Reference.Rows,
    _ mask: AttentionMask
  ) {
    let p = configuration.headWidth
    show(
      "\(name).weights",
      (0..<configuration.headCount).flatMap { head in
        func part(_ X: Reference.Rows) -> Reference.Rows {
          X.map { Array($0[head * p..<(head + 1) * p]) }
        }
        return Reference.attentionWeights(part(Q), part(K), mask: mask)
      })
    show(
      "\(name).attended",
      Reference.multiHeadAttention(Q, K, V, headCount: configuration.headCount, mask: mask))
  }

  private func ista(_ u: Reference.Rows, _ name: String) -> Reference.Rows {
    shown(
      "\(name).code",
      steer(
        name,
        Reference.ista(
          shown("\(name).input", u), dictionary: matrix("\(name).dictionary"),
          stepSize: Double(configuration.stepSize),
          penalty: Double(configuration.sparsityPenalty))))
  }

  private func overcompleteISTA(_ u: Reference.Rows, _ name: String) -> Reference.Rows {
    let V = matrix("\(name).dictionary")
    let (eta, lambda) = (Double(configuration.stepSize), Double(configuration.sparsityPenalty))
    show("\(name).input", u)
    show(
      "\(name).first_code",
      Reference.istaStep(
        u.map { _ in [Double](repeating: 0, count: V.count) }, of: u, dictionary: V, stepSize: eta,
        penalty: lambda))
    let code = Reference.overcompleteCode(u, dictionary: V, stepSize: eta, penalty: lambda)
    let decoder = "\(name).decode_dictionary"
    return Reference.product(
      shown("\(name).code", steer(name, code)), parameters[decoder] == nil ? V : matrix(decoder))
  }

  private func feedForward(_ N: Reference.Rows, _ name: String) -> Reference.Rows {
    let hidden = dense(shown("\(name).input", N), "\(name).expansion")
    let code = shown("\(name).hidden", hidden).map { row in
      row.map { Reference.activation(configuration.activation, $0) }
    }
    return dense(shown("\(name).code", steer(name, code)), "\(name).contraction")
  }

  /// X·Wᵀ, and + b where there is one.
  private func dense(_ X: Reference.Rows, _ name: String) -> Reference.Rows {
    Reference.dense(
      X, Reference.rows(parameters[name] ?? [], X[0].count), bias: parameters["\(name)_bias"])
  }

  private func norm(
    _ X: Reference.Rows, _ name: String, epsilon: Double? = nil
  ) -> Reference.Rows {
    Reference.layerNorm(
      X, gain: parameters["\(name).gain"] ?? [], bias: parameters["\(name).bias"] ?? [],
      epsilon: epsilon ?? normEpsilon)
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
