/// What a data directory keeps of the tokenizer that made its ids.
public struct PackedTokenizer: Sendable {
  /// Gives the content of `tokenizer.json`; asked for when all ids are written.
  public var file: @Sendable () -> [UInt8]
  /// The bytes that its ids spell.
  public var spelledBytes: SpelledBytes
  /// The id to write after each document, if any.
  public var endOfDocument: Int32?

  /// A tokenizer whose ids spell so many bytes each, special tokens none.
  public init(
    file: @autoclosure @escaping @Sendable () -> [UInt8], spelledBytes: SpelledBytes,
    endOfDocument: Int32?
  ) {
    self.file = file
    self.spelledBytes = spelledBytes
    self.endOfDocument = endOfDocument
  }

  /// Ids lie in `0 ..< vocabularySize`.
  public var vocabularySize: Int { spelledBytes.counts.count }
}

/// How hard token frames are compressed, for GPT-2's ids of English on one core.
public enum FrameCompression: String, CaseIterable, Sendable {
  /// To 78 % of two bytes an id, at 430 million ids a second.
  case fast
  /// To 62 %, at 50 million ids a second.
  case small
}

/// How a text becomes a data directory.
public struct PackSettings: Equatable, Sendable {
  /// The part of the text to hold out, 0 or 0.001 … 0.5.
  public var validationFraction = 0.05
  /// Decides which part is held out.
  public var seed: UInt64 = 0
  /// Whether a data directory that is already there is replaced.
  public var overwrites = false
  /// How hard token frames are compressed.
  public var compression = FrameCompression.fast
  /// Tokens compressed together; the least that is read from disk.
  public var frameTokenCount = 16_384
  /// Frames in a shard; by default a shard holds 64 Mi tokens.
  public var framesPerShard = 4_096
  /// The number of documents, or a lower bound of it, where the caller knows one.
  public var documentCount: Int?
  /// Text tokens up to which a document is given to one split as a whole where there are fewer
  /// documents than ``leastDocumentCount``; where there are as many, none is divided.
  ///
  /// For texts shorter than `passageTokenCount / validationFraction` tokens in all, it is
  /// `validationFraction` of these instead, so that a single small text can be split too.
  public var passageTokenCount = 16_384

  /// The defaults.
  public init() {}

  /// The documents from which on the validation split consists of whole ones: as many as give one
  /// of them to it.
  public var leastDocumentCount: Int {
    validationFraction > 0 ? Int((1 / validationFraction).rounded(.up)) : 0
  }

  /// - Throws: ``DataError/invalidSetting(_:expected:found:)``.
  func validate() throws(DataError) {
    guard validationFraction == 0 || (0.001...0.5).contains(validationFraction) else {
      throw .invalidSetting(
        "validation fraction", expected: "0 or 0.001 ... 0.5", found: "\(validationFraction)")
    }
    try check(frameTokenCount, in: 1...ShardFormat.maximumFrameTokenCount, "tokens of a frame")
    try check(framesPerShard, in: 1...(1 << 20), "frames of a shard")
    try check(passageTokenCount, in: 1...(1 << 20), "tokens of a passage")
  }

  private func check(
    _ value: Int, in range: ClosedRange<Int>, _ name: String
  ) throws(DataError) {
    guard range.contains(value) else {
      throw .invalidSetting(
        name, expected: "in \(range.lowerBound) ... \(range.upperBound)", found: "\(value)")
    }
  }
}
