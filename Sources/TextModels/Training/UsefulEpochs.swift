package import CRATELM

extension TrainingConfiguration {
  /// The readings beyond which a text teaches next to nothing more.
  ///
  /// - Parameters:
  ///   - isMasked: whether other tokens are hidden at each reading.
  ///   - dropout: the share of units that training sets to zero.
  /// - Returns: the number of docs/train.md; for a text that is the same at each reading that of
  ///   Muennighoff and others 2023, arXiv:2305.16264.
  package static func usefulEpochs(isMasked: Bool, dropout: Float) -> Int {
    isMasked ? 40 : dropout > 0 ? 30 : 16
  }

  /// The readings beyond which a text teaches this model next to nothing more.
  package var usefulEpochs: Int { Self.usefulEpochs(isMasked: masking != nil, dropout: dropout) }
}
