package import CRATELM

extension TrainingConfiguration {
  /// The readings beyond which a text teaches next to nothing more.
  ///
  /// - Parameter hasNoise: whether a text is another at each reading, by dropout or hidden tokens.
  /// - Returns: with noise the number of docs/train.md, without it that of Muennighoff and others
  ///   2023, arXiv:2305.16264.
  static func usefulEpochs(hasNoise: Bool) -> Int { hasNoise ? 50 : 16 }

  /// The readings beyond which a text teaches this model next to nothing more.
  package var usefulEpochs: Int { Self.usefulEpochs(hasNoise: masking != nil || dropout > 0) }
}
