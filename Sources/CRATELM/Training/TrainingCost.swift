/// The arithmetic of training, counted from the model's definition.
public enum TrainingCost {
  /// Floating-point operations of one token's forward and backward pass.
  ///
  /// A product of a token's vector with a `d × d` matrix takes 2d² operations forward and 4d²
  /// backward. A layer of `crate` has three of them: the subspaces, the output projection and the
  /// folded ISTA step. Causal attention sees (T + 1) / 2 keys on average and takes two products of
  /// d operations' width forward and five backward. The head takes 6dV.
  public static func operationsPerToken(_ model: ModelConfiguration) -> Double {
    let (d, V) = (Double(model.width), Double(model.vocabularySize))
    let keys = (Double(model.contextLength) + 1) / 2
    let linear = 3 * 6 * d * d
    let attention = (2 + 5) * 2 * d * keys
    return Double(model.depth) * (linear + attention) + 6 * d * V
  }
}
