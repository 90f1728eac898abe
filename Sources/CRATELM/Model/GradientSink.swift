/// Tensors whose gradients become complete together.
package struct GradientGroup: Hashable, Sendable {
  /// Where they belong.
  package enum Kind: Hashable, Sendable {
    /// The head. Its product with the tied token embedding has given its part of that gradient,
    /// which ``embedding`` completes.
    case head
    /// The layer of this number.
    case layer(Int)
    /// A norm outside of the layers.
    case norm
    /// The embeddings, always the last.
    case embedding
  }

  package let kind: Kind
  /// The tensors in the order of the layout; of the head, its own.
  package let tensors: Range<Int>
}

/// Told by a backward pass which gradients are complete, those of the microbatch's own pass alone.
///
/// Where parameters are folded, their gradients are unfolded before.
package protocol GradientSink: AnyObject {
  /// Nothing will be added to the gradients of `group` in this pass.
  func completed(_ group: GradientGroup)
}
