/// The arithmetic of training, counted from the model's definition.
public enum TrainingCost {
  /// Floating-point operations of one token's forward and backward pass, where the part
  /// `predictedShare` of the tokens is predicted.
  ///
  /// A multiply-add is two operations. A product with a matrix is done once forward and twice
  /// backward, for its two factors; how many a layer has says `ArchitectureDesign.weightProducts`:
  /// 3d² for `crate`, 18d² for `crate-overcomplete` and `crate-alpha`, 12d² for `transformer`.
  /// Causal attention sees (T + 1) / 2 keys on average, masked all T, and takes two products of d
  /// multiply-adds per key forward and five backward. The head takes dV for each token that is
  /// predicted, that of a masked model d² more.
  public static func operationsPerToken(
    _ model: ModelConfiguration, predictedShare: Double
  ) -> Double {
    TrainingPart.allCases.reduce(0) {
      $0 + operationsPerToken($1, model, predictedShare: predictedShare)
    }
  }

  /// Those of one part of the work; 0 for parts without products of activations.
  public static func operationsPerToken(
    _ part: TrainingPart, _ model: ModelConfiguration, predictedShare: Double
  ) -> Double {
    let (d, V, depth) = (Double(model.width), Double(model.vocabularySize), Double(model.depth))
    let design = model.architecture.design
    let projection = design.attention(for: model.objective).projection
    let attentionProducts = model.width * (projection.coordinateWidth(model.width) + model.width)
    switch part {
    case .attentionProjections: return 6 * depth * Double(attentionProducts)
    case .attentionHeads:
      let keys = Double(model.contextLength)
      return (2 + 5) * 2 * depth * d * model.objective.attention.meanVisible(of: keys)
    case .secondHalf:
      return 6 * depth * Double(design.weightProducts(width: model.width) - attentionProducts)
    case .head:
      return predictedShare * 6 * (d * V + (model.objective.head == .transformed ? d * d : 0))
    case .embedding, .norms, .crossEntropy, .folding, .clearing, .gradientNorm, .optimizer:
      return 0
    }
  }
}
