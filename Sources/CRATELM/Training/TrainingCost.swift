/// The arithmetic of training, counted from the blueprint of a model.
public enum TrainingCost {
  /// The floating-point operations of one token's forward and backward pass, if the share
  /// `predictedShare` of the tokens is predicted.
  ///
  /// A multiply-add is two operations. A product with a matrix runs once forward and twice
  /// backward, for its two factors. The operators declare their multiply-adds; a layer has 3d² in
  /// `crate`, 18d² in `crate-overcomplete` and `crate-alpha`, 2d² in `attention-only`, 12d² in
  /// `transformer`. Causal attention sees (T + 1) / 2 keys on average, masked attention all T; it
  /// takes two products of d multiply-adds per key forward and five backward. The head takes dV per
  /// predicted token, in a masked model d² more.
  public static func operationsPerToken(
    _ model: ModelConfiguration, predictedShare: Double
  ) -> Double {
    operationsPerToken(Blueprint(model), predictedShare: predictedShare)
  }

  /// The operations for a model with a blueprint.
  static func operationsPerToken(_ model: Blueprint, predictedShare: Double) -> Double {
    WorkPart.allCases.reduce(0) {
      $0 + operationsPerToken($1, model, predictedShare: predictedShare)
    }
  }

  /// The operations in one part of the work; 0 for parts without products.
  static func operationsPerToken(
    _ part: WorkPart, _ model: Blueprint, predictedShare: Double
  ) -> Double {
    let configuration = model.configuration
    let products = 6 * Double(model.products[part, default: 0])
    switch part {
    case .attentionHeads:
      let keys = configuration.objective.attention
        .meanVisible(of: Double(configuration.contextLength))
      return (2 + 5) * 2 * Double(model.declarations.attendedWidth) * keys
    case .head: return predictedShare * products
    case .attentionProjections, .secondHalf, .embedding, .norms, .crossEntropy, .folding,
      .gradientSum, .gradientNorm, .optimizer:
      return products
    }
  }
}
