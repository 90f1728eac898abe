/// The facts about the tokenizer of the ids that a data directory keeps.
public struct PackedTokenizer: Sendable {
  /// The content of `tokenizer.json`, called once all ids are written.
  public var file: @Sendable () -> [UInt8]
  /// The bytes that its ids spell.
  public var spelledBytes: SpelledBytes
  /// The id to write after each document, if any.
  public var endOfDocument: Int32?

  /// The facts about a tokenizer.
  public init(
    file: @autoclosure @escaping @Sendable () -> [UInt8], spelledBytes: SpelledBytes,
    endOfDocument: Int32?
  ) {
    self.file = file
    self.spelledBytes = spelledBytes
    self.endOfDocument = endOfDocument
  }

  /// The number of ids: all lie in `0 ..< vocabularySize`.
  public var vocabularySize: Int { spelledBytes.counts.count }
}

/// The effort of compressing token frames; sizes and rates are for GPT-2's ids of English on one
/// core.
public enum FrameCompression: String, CaseIterable, Sendable {
  /// 78 % of two bytes per id, 430 million ids per second.
  case fast
  /// 62 %, 50 million ids per second.
  case small
}

/// The settings for packing a text into a data directory.
public struct PackSettings: Equatable, Sendable {
  /// The fraction of the text to hold out, 0 or 0.001 … 0.5.
  public var validationFraction = 0.05
  /// The seed of the choice of held-out text.
  public var seed: UInt64 = 0
  /// Whether an existing data directory is replaced.
  public var overwrites = false
  /// The effort of compression.
  public var compression = FrameCompression.fast
  /// The tokens of a frame, compressed together: the least that is read from disk.
  public var frameTokenCount = 16_384
  /// The frames of a shard; by default a shard holds 64 Mi tokens.
  public var framesPerShard = 4_096
  /// The number of documents or a lower bound of it, if known.
  public var documentCount: Int?
  /// The text tokens that are held out together if there are fewer documents than
  /// ``leastDocumentCount``.
  ///
  /// They are the ``validationFraction`` of a window of the text; of the last window, or a text that
  /// is shorter than one, a shorter passage is held out. Whole documents are chosen from as long
  /// windows.
  public var passageTokenCount = 16_384

  /// The defaults.
  public init() {}

  /// The least number of documents for a validation split of whole documents: enough to hold out
  /// one.
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
