// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// Half of a layer: compression against subspaces or sparsification in a dictionary.
///
/// A sublayer holds slots only, is made by reserving them in a ``Plan``, and carries its own
/// derivative: `backward` is the transpose of the line above it.
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

  /// The part of training that it is.
  var part: TrainingPart { get }

  /// The condition of its inner iteration, where it has one.
  var stability: StepStability? { get }

  /// The share of units that were zero for every token of the last forward pass, whose output was
  /// `Y`; `nil` where units are never exactly zero.
  func deadUnitShare(_ pass: Pass, Y: Matrix) -> Double?

  /// Turns the gradients of folded parameters into gradients of the parameters.
  func unfold(_ parameters: Parameters, gradients: Parameters)
}

extension Sublayer {
  var stability: StepStability? { nil }
  func deadUnitShare(_ pass: Pass, Y: Matrix) -> Double? { nil }
  func fold(_ parameters: Parameters) {}
  func unfold(_ parameters: Parameters, gradients: Parameters) {}
}
