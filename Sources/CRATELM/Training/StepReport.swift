/// The report of one update.
public struct StepReport: Sendable {
  /// The number of the update, counted from 1.
  public let step: Int
  /// The tokens learned from so far.
  public let tokens: Int
  /// The mean loss of the batch, in nats per token.
  public let loss: Double
  /// The learning rate of the update.
  public let learningRate: Double
  /// The norm of the gradient before clipping.
  public let gradientNorm: Double
  /// Whether the update was skipped because of its gradient.
  public let isSkipped: Bool
  /// The tokens of the batch divided by the seconds of the update.
  public let tokensPerSecond: Double
  /// The seconds of training so far.
  public let seconds: Double
}

/// A failure of training.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss, the gradient or the parameters of a step are not finite. `sequences` are the batch's
  /// positions in the order of the data.
  case diverged(
    step: Int, sequences: Range<Int>, loss: Double, gradientNorm: Double, tensor: String?)

  /// One sentence: the step and the remedy.
  public var description: String {
    switch self {
    case .diverged(let step, let sequences, let loss, let gradientNorm, let tensor):
      """
      Training diverged at step \(step), in the sequences \(sequences.lowerBound) to \
      \(sequences.upperBound - 1) of the data's order: the loss is \(loss) and the gradient norm \
      \(gradientNorm)\(tensor.map { ", first in '\($0)'" } ?? ""); begin \
      another run with a smaller learning rate or a longer warm-up.
      """
    }
  }
}
