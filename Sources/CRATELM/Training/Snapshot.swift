/// The whole state of training at one moment: the content of a checkpoint.
///
/// The buffers are the trainer's own; its next update changes them.
public struct Snapshot {
  /// The layout of the parameters.
  package let layout: Layout
  /// θ.
  package let parameters: Buffer
  /// The moments of the optimisers.
  package let moments: [Moment]
  /// The progress of training.
  public let position: TrainingState
}

extension Trainer {
  /// The trainer's state at this moment.
  public var snapshot: Snapshot {
    Snapshot(
      layout: model.layout, parameters: model.parameters.values,
      moments: optimizers.flatMap(\.moments), position: state)
  }

  /// Goes on from `position`; the buffers of ``snapshot`` hold its parameters and moments already.
  package func resume(at position: TrainingState) {
    state = position
    model.fold()
  }
}

/// The progress of training: the position of a ``Snapshot``.
///
/// Seed and step alone decide the order of the data, so it needs no state of a reader.
public struct TrainingState: Codable, Hashable, Sendable {
  /// The number of updates, skipped ones included.
  public var step = 0
  /// The number of tokens learned from.
  public var tokens = 0
  /// The seconds of training, over all sessions.
  public var seconds = 0.0
  /// The number of updates skipped because of their gradient.
  public var skippedSteps = 0
  /// The lowest validation loss; `nil` before the first validation.
  public internal(set) var best: BestValidation?
  /// The recent range of gradient norms.
  var spikes = SpikeDetector()

  /// The beginning of a run.
  public init() {}

  /// Whether training can have reached this state and can go on counting.
  var isPossible: Bool {
    [step, tokens, skippedSteps].allSatisfy((0...1 << 56).contains) && seconds.isFinite
      && seconds >= 0 && spikes.isPossible
      && best.map { (0...step).contains($0.step) && $0.validationsSince >= 0 } ?? true
  }
}
