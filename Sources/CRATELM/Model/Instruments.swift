/// An observer of passes through a model; a pass has one or none.
///
/// It hears of the beginning and end of every part of the work. If it ``observesActivations``, the
/// pass computes one activation after the other for all tokens, instead of all activations for a
/// block of tokens in cache, and reports each. A forward pass goes on with the values that the
/// observer leaves; in training it must not change them, since the backward pass computes some of
/// them again.
package protocol Instruments: AnyObject, Sendable {
  /// A part of the work begins; it may lie within another.
  func entered(_ part: WorkPart)

  /// The part of the work entered last ends.
  func left(_ part: WorkPart)

  /// Whether the pass reports activations.
  var observesActivations: Bool { get }

  /// An activation was computed.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - values: its values, `[tokens, width]`; the observer may change them during the call.
  func produced(_ name: ActivationName, _ values: Matrix)

  /// A matrix for the attention weights P of a head; `nil` if they are not wanted.
  ///
  /// - Parameters:
  ///   - name: the name of the layer's weights.
  ///   - sequence: the sequence of the batch.
  ///   - head: the head.
  ///   - queries: the tokens of the sequence in this pass, the rows of P.
  ///   - keys: the tokens that queries may see, the columns of P.
  /// - Returns: `[queries, keys]`.
  func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix?

  /// All heads of a layer have attended.
  ///
  /// - Parameters:
  ///   - name: the name of the layer's weights.
  ///   - coordinates: W, `[tokens, width]`, or query, key and value side by side.
  ///   - output: the outputs of the heads, side by side, `[tokens, width]`.
  ///   - logSumExp: ℓ, the logarithm of the sum of each query's exponentials, `[heads, tokens]`.
  func attended(
    _ name: ActivationName, coordinates: Matrix, output: Matrix, logSumExp: Matrix)

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
  package func attended(
    _ name: ActivationName, coordinates: Matrix, output: Matrix, logSumExp: Matrix
  ) {}
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

/// The role of an activation within its operator.
package enum ActivationRole: String, CaseIterable, Sendable {
  /// The operator's output: X′ of the attention, Y of the other half of a layer.
  case output
  /// W, the coordinates in all subspaces; query, key and value side by side if they differ.
  case coordinates
  /// P, the attention weights of a head.
  case weights
  /// The outputs of the heads, side by side, before the output projection.
  case attended
  /// u, the input of an operator's map: LayerNorm(X), or X itself with norms behind residuals.
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
  /// The role in the operator.
  package let role: ActivationRole

  package var description: String {
    layer == nil && role == .output ? operatorName : "\(operatorName).\(role.rawValue)"
  }
}

/// An observable activation of a model.
package struct NamedActivation: Sendable {
  package let id: ActivationID
  package let name: ActivationName
  package let extent: NamedExtent
}

/// What an observable activation has for each token.
package enum NamedExtent: Hashable, Sendable {
  /// A vector of `width` numbers.
  case vector(width: Int)
  /// A number for each key in each of `count` heads: P.
  case keys(headCount: Int)
}

/// A part of the work of an update or of decoding.
public enum WorkPart: String, CaseIterable, Sendable {
  /// Token and position embeddings, forward and backward.
  case embedding
  /// The attention's products with its matrices, its norm and its residual.
  case attentionProjections = "attention projections"
  /// Scores, softmax and sums of values, in all heads.
  case attentionHeads = "attention heads"
  /// ISTA or the MLP, with its norm.
  case secondHalf = "ista or mlp"
  /// Norms outside of layers.
  case norms
  /// The products of the head with the embeddings.
  case head
  /// Softmax and loss of the logits.
  case crossEntropy = "cross-entropy"
  /// Folding: the values computed from parameters once per update.
  case folding
  /// Setting gradients to zero and adding the gradients of microbatches.
  case gradientSum = "gradient sum"
  /// The norm of the gradient.
  case gradientNorm = "gradient norm"
  /// AdamW.
  case optimizer
}
