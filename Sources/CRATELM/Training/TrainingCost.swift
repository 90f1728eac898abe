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
    let (d, V) = (Double(model.width), Double(model.vocabularySize))
    let (keys, headWeights) =
      switch model.objective {
      case .causal: ((Double(model.contextLength) + 1) / 2, d * V)
      case .masked: (Double(model.contextLength), d * V + d * d)
      }
    let linear = 6 * Double(model.architecture.design.weightProducts(width: model.width))
    let attention = (2 + 5) * 2 * d * keys
    return Double(model.depth) * (linear + attention) + predictedShare * 6 * headWeights
  }
}
