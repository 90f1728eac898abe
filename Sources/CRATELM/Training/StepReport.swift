/// What one update did.
public struct StepReport: Sendable {
  /// The number of the update, counted from 1.
  public let step: Int
  /// Tokens learned from so far.
  public let tokens: Int
  /// The mean loss of the batch, in nats per token.
  public let loss: Double
  /// The learning rate of the update.
  public let learningRate: Double
  /// The norm of the gradient before clipping.
  public let gradientNorm: Double
  /// Whether the update was left out because of its gradient.
  public let isSkipped: Bool
  /// Tokens of the batch over the seconds it took.
  public let tokensPerSecond: Double
  /// Seconds of training so far.
  public let seconds: Double
}

/// The loss on the validation split.
public struct ValidationLoss: Hashable, Sendable {
  /// Nats per token.
  public let loss: Double
  /// Bits per byte of text; `nil` where the predicted tokens are no text.
  public let bitsPerByte: Double?

  /// What `report` says about the split.
  init(_ report: EvaluationReport) {
    (loss, bitsPerByte) = (report.loss, report.bitsPerByte)
  }

  init(loss: Double, bitsPerByte: Double?) {
    (self.loss, self.bitsPerByte) = (loss, bitsPerByte)
  }
}

/// Training that must not go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss or the gradient of a step is not finite; the parameters are those before it. The
  /// batch is named by its sequences in the order of the data.
  case diverged(
    step: Int, sequences: Range<Int>, loss: Double, gradientNorm: Double, tensor: String?)

  /// One sentence: where it happened and what may help.
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
