/// A part of the work of an update.
public enum TrainingPart: String, CaseIterable, Sendable {
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
  /// What is derived from parameters once per update, and its gradient.
  case folding
  /// Setting gradients to zero.
  case clearing
  /// The norm of the gradient.
  case gradientNorm = "gradient norm"
  /// AdamW.
  case optimizer
}

/// The time that updates spend in each part of their work.
///
/// Written by the thread that runs the update only.
package final class TrainingProfile: @unchecked Sendable {
  private let clock = ContinuousClock()
  private var times: [TrainingPart: Duration] = [:]
  /// What parts inside of the one that runs have taken.
  private var nested = Duration.zero

  package init() {}

  /// Runs `body` as a part of the work; parts inside of it are not counted twice.
  func measure(_ part: TrainingPart, _ body: () -> Void) {
    let outer = nested
    nested = .zero
    let start = clock.now
    body()
    let elapsed = clock.now - start
    times[part, default: .zero] += elapsed - nested
    nested = outer + elapsed
  }

  /// The seconds in a part so far.
  package func seconds(_ part: TrainingPart) -> Double { times[part, default: .zero] / .seconds(1) }

  /// Forgets what was measured.
  package func reset() {
    times.removeAll()
  }
}
