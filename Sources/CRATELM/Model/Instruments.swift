/// An observer of passes through a model; a pass has one or none.
///
/// It is told of every part of the work that begins and ends. If it ``observesActivations``, the
/// pass computes one activation after the other for all tokens, instead of all of a block of tokens
/// while they are in cache, and tells of each. A forward pass then goes on with what the observer
/// has made of it; in training activations are for reading alone, since the backward pass computes
/// some of them again.
package protocol Instruments: AnyObject, Sendable {
  /// A part of the work begins; it may lie within another.
  func entered(_ part: WorkPart)

  /// The part of the work that was entered last ends.
  func left(_ part: WorkPart)

  /// Whether it is told of activations.
  var observesActivations: Bool { get }

  /// An activation was computed.
  ///
  /// - Parameters:
  ///   - name: which one.
  ///   - values: its values, `[tokens, width]`, which may be changed; valid during the call.
  func produced(_ name: ActivationName, _ values: Matrix)

  /// Where the attention weights P of a head are to be written; `nil` if they are not wanted.
  ///
  /// - Parameters:
  ///   - name: the name of the layer's weights.
  ///   - sequence: the sequence of the batch.
  ///   - head: the head.
  ///   - queries: the tokens of the sequence in this pass, the rows of P.
  ///   - keys: the tokens that they may see, the columns of P.
  /// - Returns: `[queries, keys]`.
  func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix?

  /// The counter of the bytes that products of vectors read, if any.
  var traffic: MemoryTraffic? { get }
}

extension Instruments {
  package func entered(_ part: WorkPart) {}
  package func left(_ part: WorkPart) {}
  package var observesActivations: Bool { false }
  package func produced(_ name: ActivationName, _ values: Matrix) {}
  package func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix? { nil }
  package var traffic: MemoryTraffic? { nil }
}

extension Optional where Wrapped == any Instruments {
  /// Runs `body` as a part of the work.
  func measure<Result>(_ part: WorkPart, _ body: () throws -> Result) rethrows -> Result {
    guard let self else { return try body() }
    self.entered(part)
    defer { self.left(part) }
    return try body()
  }
}

/// What an activation is within its operator.
package enum ActivationRole: String, CaseIterable, Sendable {
  /// What an operator hands on: X′ of the attention, Y of the other half of a layer.
  case output
  /// W, the coordinates in all subspaces; query, key and value side by side if they differ.
  case coordinates
  /// P, the attention weights of a head.
  case weights
  /// What the heads attend to, side by side, before the output projection.
  case attended
  /// u, what an operator's map takes: LayerNorm(X), or X itself with norms behind residuals.
  case input
  /// The code after the first of two steps of ISTA.
  case firstCode = "first_code"
  /// The hidden layer of an MLP before its non-linearity.
  case hidden
  /// The sparse code, or the hidden layer of an MLP behind its non-linearity.
  case code
}

/// The name of an activation, such as `layers.3.ista.code`.
package struct ActivationName: Hashable, Sendable, CustomStringConvertible {
  /// The operator that computes it, named as its parameters are.
  package let operatorName: String
  /// The operator's layer, counted from 0; `nil` outside of layers.
  package let layer: Int?
  /// What it is there.
  package let role: ActivationRole

  package var description: String {
    layer == nil && role == .output ? operatorName : "\(operatorName).\(role.rawValue)"
  }
}

/// A part of the work of an update or of decoding.
public enum WorkPart: String, CaseIterable, Sendable {
  /// Token and position embeddings, forward and backward.
  case embedding
  /// The products of the attention with its matrices, its norm and its residual.
  case attentionProjections = "attention projections"
  /// Scores, softmax and sums of values, in all heads.
  case attentionHeads = "attention heads"
  /// ISTA or the MLP, with its norm.
  case secondHalf = "ista or mlp"
  /// Norms that stand by themselves.
  case norms
  /// The products of the head with the embeddings.
  case head
  /// Softmax and loss of the logits.
  case crossEntropy = "cross-entropy"
  /// What is derived from parameters once per update.
  case folding
  /// Setting gradients to zero, and adding those of microbatches.
  case gradientSum = "gradient sum"
  /// The norm of the gradient.
  case gradientNorm = "gradient norm"
  /// AdamW.
  case optimizer
}
