// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// Half of a layer, such as compression against subspaces or sparsification in a dictionary, or a
/// norm by itself.
///
/// A sublayer holds places only, is made by declaring them, and carries its own derivative:
/// `backward` is the transpose of the line above it.
protocol Sublayer: Sendable {
  /// Computes what the sublayer derives from its parameters once per update.
  func fold(_ parameters: Parameters)

  /// Maps `X` to `Y`, both `[tokens, width]`.
  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix)

  /// Adds the parameters' gradients to `gradients` and overwrites `dX` with the gradient of `X`.
  ///
  /// `dY` may be changed; `X` and `Y` are those of the forward pass.
  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters)

  /// Adds the gradients of what is folded from the parameters to the parameters' own.
  func unfold(_ parameters: Parameters, gradients: Parameters)

  /// What `Y` is.
  var outputRole: ActivationRole { get }

  /// The activation in which many units are exactly zero; `nil` if none is.
  var sparseRole: ActivationRole? { get }
}

extension Sublayer {
  func fold(_ parameters: Parameters) {}
  func unfold(_ parameters: Parameters, gradients: Parameters) {}
  var outputRole: ActivationRole { .output }
  var sparseRole: ActivationRole? { nil }
}
