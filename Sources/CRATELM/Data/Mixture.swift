public import Storage
public import SystemPackage

/// Packed text to train on: one data directory, or a mixture of several.
public protocol TrainingData {
  /// The text as a mixture.
  var mixture: Mixture { get }
}

extension TokenData: TrainingData {
  /// A mixture of these data alone.
  public var mixture: Mixture { Mixture(self) }
}

/// The packed texts that a model learns from, all of one tokenizer, and their shares.
public struct Mixture: TrainingData {
  /// A packed text of a mixture.
  public struct Source {
    /// The text.
    public let data: TokenData
    /// Its weight, a positive number, or `nil` for a share proportional to the length of the text.
    ///
    /// The shares of the sequences are proportional to the weights.
    public let weight: Double?

    /// The text `data` with a weight.
    public init(_ data: TokenData, weight: Double? = nil) {
      (self.data, self.weight) = (data, weight)
    }
  }

  /// The texts in their order, which decides how the seed mixes them.
  ///
  /// Either all of several texts have a weight or none has; one text has none.
  public let sources: [Source]

  /// The sum of scaled weights: shares are exact to about 10⁻¹².
  private static let weightSum = 0x1p40

  /// A mixture of one text.
  public init(_ data: TokenData) {
    sources = [Source(data)]
  }

  /// A mixture of `sources`; if some have a weight, the others have a weight of 1.
  ///
  /// - Throws: ``DataError`` if there is none, one is given twice, they have several tokenizers or ends
  ///   of documents, or a weight is not a positive number.
  public init(_ sources: [Source]) throws(DataError) {
    guard let first = sources.first else { throw .noText }
    for (place, source) in sources.enumerated() {
      if let weight = source.weight, !(weight > 0 && weight.isFinite) {
        throw .invalidSetting(
          "weight of \(source.data.directory)", expected: "a number above 0",
          found: weight == 0 ? "0" : "\(weight)")
      }
      guard source.data.manifest.tokenizer == first.data.manifest.tokenizer else {
        throw .severalTokenizers(first.data.directory, source.data.directory)
      }
      try first.data.requireSameEnd(as: source.data)
      if let twin = sources[..<place].first(where: { $0.data.hasSameFiles(as: source.data) }) {
        throw .repeated(twin.data.directory, source.data.directory)
      }
    }
    let isWeighted = sources.count > 1 && sources.contains { $0.weight != nil }
    self.sources = sources.map { Source($0.data, weight: isWeighted ? $0.weight ?? 1 : nil) }
  }

  /// This mixture.
  public var mixture: Mixture { self }

  /// Whether there are several texts.
  public var isMixed: Bool { sources.count > 1 }
  /// The tokenizer of all ids.
  public var tokenizer: Fingerprint { sources[0].data.manifest.tokenizer }
  /// What stands between the documents of all texts.
  public var textBounds: TextBounds { TextBounds(between: sources[0].data.manifest.endOfDocument) }
  /// All ids lie in `0 ..< vocabularySize`.
  public var vocabularySize: Int { sources.map(\.data.manifest.vocabularySize).max() ?? 0 }
  /// The path of the tokenizer.
  public var tokenizerPath: FilePath { sources[0].data.tokenizerPath }

  /// The tokens of `split` in all texts.
  public func tokenCount(of split: Split) -> Int {
    sources.reduce(0) { $0 + $1.data[split].tokenCount }
  }

  /// The share of each text in the sequences that `examples` makes.
  public func shares(in examples: any Examples) -> [Double] {
    let parts = parts(in: examples)
    let whole = Double(parts.reduce(0, +))
    return parts.map { Double($0) / whole }
  }

  /// Whole numbers proportional to the shares: the windows of each text, or scaled weights.
  package func parts(in examples: any Examples) -> [Int] {
    guard sources.allSatisfy({ $0.weight != nil }) else {
      return sources.map { max(1, examples.windowCount(of: $0.data.train.tokenCount)) }
    }
    // The quotients keep sums of huge weights finite.
    let weights = sources.map { $0.weight ?? 1 }
    let largest = weights.max() ?? 1
    let sum = weights.reduce(0) { $0 + $1 / largest }
    return weights.map { max(1, Int(($0 / largest / sum * Self.weightSum).rounded())) }
  }
}

extension TokenData {
  /// Throws unless `other` has the same end of documents.
  func requireSameEnd(as other: TokenData) throws(DataError) {
    guard manifest.endOfDocument == other.manifest.endOfDocument else {
      throw .severalEnds(
        directory, manifest.endOfDocument, other.directory, other.manifest.endOfDocument)
    }
  }

  /// Whether both are the same files, or the same object.
  fileprivate func hasSameFiles(as other: TokenData) -> Bool {
    self === other || checksums.map { $0.list == other.checksums?.list } ?? false
  }
}
