extension Scorer {
  /// The perplexity of the ends of some texts: e to the mean negative log-probability of their
  /// tokens.
  ///
  /// - Parameter texts: ids in the vocabulary, and how many of the first ones do not count.
  /// - Returns: the perplexity; `nil` if no token counts.
  /// - Throws: ``OutOfMemory``.
  public func perplexity(of texts: [(ids: [Int32], prefixCount: Int)]) throws -> Double? {
    let values = try texts.flatMap { ids, prefixCount in
      try logProbabilities(of: ids).dropFirst(prefixCount).compactMap(\.self)
    }
    return values.isEmpty ? nil : (-values.reduce(0, +) / Double(values.count)).exponential
  }
}
