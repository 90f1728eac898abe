/// Tensors whose gradients become complete together.
package struct GradientGroup: Hashable, Sendable {
  /// The part of the model that owns them.
  package enum Kind: Hashable, Sendable {
    /// The head. It has also added its share to the gradient of the tied token embedding, which
    /// ``embedding`` completes.
    case head
    /// The layer of this number.
    case layer(Int)
    /// A norm outside of the layers.
    case norm
    /// The embeddings, always the last group.
    case embedding
  }

  package let kind: Kind
  /// The indices of the tensors in the layout; of the head, without the tied embedding.
  package let tensors: Range<Int>
}

/// A receiver of complete gradients during a backward pass of one microbatch.
///
/// Gradients of folded values are unfolded first.
package protocol GradientSink: AnyObject {
  /// The gradients of `group` are complete for this pass.
  func completed(_ group: GradientGroup)
}
