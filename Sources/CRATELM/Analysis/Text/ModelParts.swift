// swift-format-ignore-file: AlwaysUseLowerCamelCase
// x  [d]  a token's vector      y = ρ·(x − μ) ∘ g + b  its norm      e  [d]  a covector: e·x is a number

/// The parameters of a model by name, and its norms as linear maps, in double precision.
struct ModelParts: Sendable {
  let configuration: ModelConfiguration
  private let parameters: Parameters
  private let slots: [String: Slot]
  private let norms: [String: NormDesign]

  init(_ model: LanguageModel) {
    configuration = model.configuration
    parameters = model.parameters
    slots = Dictionary(uniqueKeysWithValues: model.layout.tensors.map { ($0.name, $0.slot) })
    norms = model.blueprint.declarations.norms
  }

  /// The matrix `name`; `nil` if there is none.
  func matrix(_ name: String) -> Matrix? { slots[name].map { parameters.values[$0] } }

  /// The vector `name`; `nil` if there is none.
  func vector(_ name: String) -> [Double]? { matrix(name).map { $0[0].doubles } }

  /// The norm `name` at the token `x`; `nil` if there is none.
  func norm(_ name: String, at x: [Double]) -> FrozenNorm? {
    guard let design = norms[name], let gain = vector("\(name).gain"),
      let bias = vector("\(name).bias")
    else { return nil }
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return FrozenNorm(
      gain: gain, bias: bias, mean: mean,
      inverseDeviation: 1 / (variance + Double(design.epsilon)).squareRoot())
  }

  /// Whether the norms of layers stand behind the residuals.
  var isPostNorm: Bool { norms["layers.0.attention.norm"]?.placement == .after }

  /// The name of the half behind attention; `nil` if there is none.
  func secondHalf(ofLayer layer: Int) -> String? {
    switch configuration.architecture {
    case .crate, .crateOvercomplete, .crateAlpha: "layers.\(layer).ista"
    case .transformer: "layers.\(layer).mlp"
    case .attentionOnly: nil
    }
  }

  /// The activation that leaves a layer.
  func output(ofLayer layer: Int) -> String {
    switch configuration.architecture {
    case .crate: "layers.\(layer).ista.code"
    case .crateOvercomplete, .crateAlpha: "layers.\(layer).ista.output"
    case .attentionOnly: "layers.\(layer).attention.output"
    case .transformer: "layers.\(layer).mlp.output"
    }
  }

  /// The activation that enters a layer.
  func input(ofLayer layer: Int) -> String {
    if layer > 0 { return output(ofLayer: layer - 1) }
    return norms["embedding_norm"] == nil ? "embedding" : "embedding_norm"
  }
}

/// A LayerNorm whose mean and deviation are those of one token: a linear map.
struct FrozenNorm {
  let gain, bias: [Double]
  let mean, inverseDeviation: Double

  func callAsFunction(_ x: [Double]) -> [Double] {
    x.indices.map { (x[$0] - mean) * inverseDeviation * gain[$0] + bias[$0] }
  }

  /// The covector of the token from the covector `e` of its norm: the result times x is `e·(y − b)`.
  func pullback(_ e: [Double]) -> [Double] { centered(e).map { $0 * inverseDeviation } }

  /// The pullback without ρ.
  func centered(_ e: [Double]) -> [Double] {
    let scaled = zip(gain, e).map { $0 * $1 }
    let mean = scaled.reduce(0, +) / Double(scaled.count)
    return scaled.map { $0 - mean }
  }
}

extension Row {
  /// The floats, in double precision.
  var doubles: [Double] { (0..<count).map { Double(self[$0]) } }

  /// The inner product with `x`.
  func dot(_ x: [Double]) -> Double {
    precondition(x.count == count, "\(x.count) numbers and \(count)")
    var sum = 0.0
    for index in 0..<count { sum += Double(self[index]) * x[index] }
    return sum
  }
}

extension Matrix {
  /// `W·x`.
  func times(_ x: [Double]) -> [Double] { (0..<rows).map { self[$0].dot(x) } }

  /// `y·W`.
  func combination(_ y: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: columns)
    for row in 0..<rows where y[row] != 0 {
      let (weights, factor) = (self[row], y[row])
      for column in 0..<columns { sum[column] += factor * Double(weights[column]) }
    }
    return sum
  }
}

/// The inner product of `a` and `b`.
func dot(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}
