package import CRATELM

extension TextTraining {
  /// The sizes of a run that suit packed data and the time.
  ///
  /// - Throws: as ``RunSizes``.
  package func sizes(for data: TokenData) throws -> RunSizes {
    try RunSizes(
      data: (data.train.tokenCount, data.validation.tokenCount),
      vocabularySize: data.manifest.vocabularySize, objective: objective,
      seconds: trainingSeconds, operationsPerSecond: operationsPerSecond)
  }

  /// What a model begun for the present time would about have otherwise, in words, estimated from
  /// the tokens as they are packed.
  ///
  /// - Parameter new: the sizes of its run.
  /// - Returns: each size that differs, such as "a batch of 16".
  package func differences(to new: RunSizes) -> [String] {
    guard let own = runSizes else { return [] }
    let vocabularySize = TextSizes(
      byteCount: text.bytes, limit: text.bytes, seconds: seconds,
      operationsPerSecond: operationsPerSecond
    ).vocabularySize
    return [
      textSizes.vocabularySize == vocabularySize ? nil : "a vocabulary of \(vocabularySize)",
      (own.depth, own.width) == (new.depth, new.width)
        ? nil : "\(new.depth) layers of width \(new.width)",
      own.contextLength == new.contextLength ? nil : "a context of \(new.contextLength)",
      own.batch == new.batch ? nil : "a batch of \(new.batch)",
      own.dropout == new.dropout
        ? nil : new.dropout == 0 ? "no dropout" : "a dropout of \(new.dropout)",
      textSizes.readBytes == nil ? nil : "more of the text",
    ].compactMap(\.self)
  }
}
