package import CRATELM

extension TrainingConfiguration {
  /// The readings beyond which a text teaches next to nothing more (docs/train.md).
  ///
  /// - Parameter isMasked: whether tokens are hidden, others at each reading.
  /// - Returns: the number of readings.
  package static func usefulEpochs(isMasked: Bool) -> Int { isMasked ? 40 : 30 }

  /// The readings beyond which a text teaches this model next to nothing more.
  package var usefulEpochs: Int { Self.usefulEpochs(isMasked: masking != nil) }
}
