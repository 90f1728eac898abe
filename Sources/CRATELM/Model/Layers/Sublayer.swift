// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// Half of a layer, such as compression against subspaces or sparsification in a dictionary, or a
/// norm outside of layers.
///
/// A sublayer declares slots and indices on construction and holds only them. It carries its own
/// derivative: `backward` is the transpose of `forward`.
protocol Sublayer: Sendable {
  /// Computes the folded values from the parameters, once per update.
  func fold(_ parameters: Parameters)

  /// Maps `X` to `Y`, both `[tokens, width]`.
  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix)

  /// Adds the parameters' gradients to `gradients` and overwrites `dX` with the gradient of `X`.
  ///
  /// It may change `dY`; `X` and `Y` are the matrices of the forward pass.
  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters)

  /// Adds the contribution of the folded values' gradients to the parameters' gradients.
  func unfold(_ parameters: Parameters, gradients: Parameters)

  /// The role of `Y`.
  var outputRole: ActivationRole { get }

  /// The activation with many exact zeros, if any.
  var sparseRole: ActivationRole? { get }
}

extension Sublayer {
  func fold(_ parameters: Parameters) {}
  func unfold(_ parameters: Parameters, gradients: Parameters) {}
  var outputRole: ActivationRole { .output }
  var sparseRole: ActivationRole? { nil }
}
