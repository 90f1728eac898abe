/// The arithmetic of training, counted from the blueprint of a model.
public enum TrainingCost {
  /// Floating-point operations of one token's forward and backward pass, where the part
  /// `predictedShare` of the tokens is predicted.
  ///
  /// A multiply-add is two operations. A product with a matrix is done once forward and twice
  /// backward, for its two factors; the operators declare how many they have: of a layer, 3d² for
  /// `crate`, 18d² for `crate-overcomplete` and `crate-alpha`, 2d² for `attention-only`, 12d² for
  /// `transformer`. Causal attention sees (T + 1) / 2 keys on average, masked all T, and takes two
  /// products of d multiply-adds per key forward and five backward. The head takes dV for each token
  /// that is predicted, that of a masked model d² more.
  public static func operationsPerToken(
    _ model: ModelConfiguration, predictedShare: Double
  ) -> Double {
    operationsPerToken(Blueprint(model), predictedShare: predictedShare)
  }

  /// The same of a model that is put together.
  static func operationsPerToken(_ model: Blueprint, predictedShare: Double) -> Double {
    WorkPart.allCases.reduce(0) {
      $0 + operationsPerToken($1, model, predictedShare: predictedShare)
    }
  }

  /// Those of one part of the work; 0 for parts without products of activations.
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
