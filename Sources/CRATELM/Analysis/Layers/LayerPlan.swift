/// The place of what is measured in a model: the activations of each layer, and its parameters.
struct LayerPlan: Sendable {
  /// The parameters of a layer that measures need.
  struct Layer: Sendable {
    /// The attention's norm, if it stands before the attention.
    let norm: (gain: Slot, bias: Slot, epsilon: Float)?
    /// U of tied attention.
    let subspaces: Slot?
    let dictionary: Slot?
  }

  /// What is measured on an activation.
  enum Place: Sendable {
    case stream(layer: Int, RatePoint)
    case coordinates(layer: Int)
    case code(layer: Int)
  }

  let configuration: ModelConfiguration
  let layers: [Layer]
  /// The places by the names of activations; a stream may end a layer and begin the next.
  let places: [ActivationName: [Place]]

  init(_ model: Blueprint) {
    configuration = model.configuration
    let tensors = Dictionary(
      uniqueKeysWithValues: model.parameters.tensors.map { ($0.name, $0.slot) })
    layers = (0..<configuration.depth).map { layer in
      let attention = "layers.\(layer).attention"
      return Layer(
        norm: Self.norm("\(attention).norm", model, tensors),
        subspaces: tensors["\(attention).subspaces"],
        dictionary: tensors["layers.\(layer).ista.dictionary"])
    }
    var places: [ActivationName: [Place]] = [:]
    for stage in model.sublayers {
      guard let name = model.name(of: stage.output), let layer = name.layer else { continue }
      if name.operatorName == "layers.\(layer).attention" {
        if let input = model.name(of: stage.input) {
          places[input, default: []].append(.stream(layer: layer, .before))
        }
        places[name, default: []].append(.stream(layer: layer, .after))
      }
    }
    for name in model.activationNames {
      guard let layer = name.layer else { continue }
      switch name.role {
      case .coordinates: places[name, default: []].append(.coordinates(layer: layer))
      case .code where configuration.codesHaveExactZeros:
        places[name, default: []].append(.code(layer: layer))
      default: break
      }
    }
    self.places = places
  }

  private static func norm(
    _ name: String, _ model: Blueprint, _ tensors: [String: Slot]
  ) -> (gain: Slot, bias: Slot, epsilon: Float)? {
    guard let design = model.declarations.norms[name], design.placement == .before,
      let gain = tensors["\(name).gain"], let bias = tensors["\(name).bias"]
    else { return nil }
    return (gain, bias, design.epsilon)
  }
}

extension ModelConfiguration {
  /// Whether the code of a layer has exact zeros.
  var codesHaveExactZeros: Bool {
    architecture.hasISTA || architecture == .transformer && activation == .relu
  }
}
