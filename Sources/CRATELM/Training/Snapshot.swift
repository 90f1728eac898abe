/// All that training is at one moment: what a checkpoint holds.
///
/// The buffers are views of a trainer's own, which its next update changes.
public struct Snapshot {
  /// The tensors of the parameters and of each moment.
  package let layout: Layout
  /// θ.
  package let parameters: Buffer
  /// The moments of the optimiser, by name.
  package let moments: [(name: String, buffer: Buffer)]
  /// How far training has come.
  public let position: TrainingState
}

extension Trainer {
  /// What it is at this moment.
  public var snapshot: Snapshot {
    Snapshot(
      layout: model.layout, parameters: model.parameters.values,
      moments: [
        ("first_moment", optimizer.firstMoment), ("second_moment", optimizer.secondMoment),
      ], position: state)
  }

  /// Goes on from `position`, whose parameters and moments are in the buffers of ``snapshot``.
  package func resume(at position: TrainingState) {
    state = position
    model.fold()
  }
}

/// How far training has come: the position in a ``Snapshot``.
///
/// The order of the data is a function of the seed and the step, so that no reader's state is
/// needed.
public struct TrainingState: Codable, Hashable, Sendable {
  /// Updates done.
  public var step = 0
  /// Tokens learned from.
  public var tokens = 0
  /// Seconds of training, over all sessions.
  public var seconds = 0.0
  /// Updates left out because of their gradient.
  public var skippedSteps = 0
  /// The recent range of gradient norms.
  var spikes = SpikeDetector()

  /// The beginning of a run.
  public init() {}

  /// Whether the counts are such as training gives, so that it can go on counting.
  var isPossible: Bool {
    [step, tokens, skippedSteps].allSatisfy((0...1 << 56).contains) && seconds.isFinite
      && seconds >= 0 && spikes.isPossible
  }
}
