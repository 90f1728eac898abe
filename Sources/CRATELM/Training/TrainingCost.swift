/// The arithmetic of training, counted from the model's definition.
public enum TrainingCost {
  /// Floating-point operations of one token's forward and backward pass, where the part
  /// `predictedShare` of the tokens is predicted.
  ///
  /// A product of a token's vector with a `d × d` matrix takes 2d² operations forward and 4d²
  /// backward. A layer of `crate` has three of them: the subspaces, the output projection and the
  /// folded ISTA step. Causal attention sees (T + 1) / 2 keys on average, masked all T, and takes two
  /// products of d operations' width forward and five backward. The head takes 6dV for each token
  /// that is predicted, that of a masked model 6d² more.
  public static func operationsPerToken(
    _ model: ModelConfiguration, predictedShare: Double
  ) -> Double {
    let (d, V) = (Double(model.width), Double(model.vocabularySize))
    let (keys, headWeights) =
      switch model.objective {
      case .causal: ((Double(model.contextLength) + 1) / 2, d * V)
      case .masked: (Double(model.contextLength), d * V + d * d)
      }
    let linear = 3 * 6 * d * d
    let attention = (2 + 5) * 2 * d * keys
    return Double(model.depth) * (linear + attention) + predictedShare * 6 * headWeights
  }
}
