public import Storage
import SystemPackage

/// The counts of a data directory: its `manifest.json`.
public struct DataManifest: Equatable, Sendable {
  /// The counts of one split.
  public struct Totals: Equatable, Sendable {
    /// The token ids, including those that end documents.
    public var tokens = 0
    /// The documents that begin in the split.
    public var documents = 0
    /// The UTF-8 bytes of the original text; if a cut falls inside a piece of text and its tokens
    /// do not spell it byte for byte, its bytes are divided in proportion.
    public var bytes = 0
    /// The bytes that the tokens spell; unlike ``bytes`` if normalisation changed the text.
    public var spelledBytes = 0
    /// The tokens of each shard.
    public var shardTokens: [Int] = []

    /// An empty split.
    public init() {}
  }

  /// The tokenizer that made the ids.
  public var tokenizer: Fingerprint
  /// All ids lie in `0 ..< vocabularySize`.
  public var vocabularySize: Int
  /// The id after each document, if there is one.
  public var endOfDocument: Int32?
  /// The requested fraction of held-out text.
  public var validationFraction: Double
  /// The seed of the choice of held-out text.
  public var seed: UInt64
  /// The counts of the training split.
  public var train = Totals()
  /// The counts of the validation split.
  public var validation = Totals()

  /// The counts of `split`.
  public subscript(split: Split) -> Totals {
    get {
      switch split {
      case .train: train
      case .validation: validation
      }
    }
    set {
      switch split {
      case .train: train = newValue
      case .validation: validation = newValue
      }
    }
  }
}

extension DataManifest {
  static let formatVersion = 1

  var json: JSONValue {
    .object(
      JSONObject([
        (FormatVersion.key, .integer(Int64(Self.formatVersion))),
        ("tokenizer", .string(tokenizer.description)),
        ("vocabulary_size", .integer(Int64(vocabularySize))),
        ("end_of_document", endOfDocument.map { .integer(Int64($0)) } ?? .null),
        ("validation_fraction", .number(validationFraction)),
        ("seed", .integer(Int64(bitPattern: seed))),
        ("train", train.json),
        ("validation", validation.json),
      ]))
  }

  /// Parses `bytes`, the content of the manifest at `path`.
  init(_ bytes: [UInt8], path: FilePath) throws(DataError) {
    let json: JSONValue
    do {
      json = try JSONValue.parse(bytes)
    } catch {
      throw .damaged(path, at: error.offset..<error.offset + 1, reason: "\(error)")
    }
    do {
      try FormatVersion.check(json.object, known: Self.formatVersion...Self.formatVersion)
    } catch {
      throw .foreign(
        path, expected: "a data manifest of format \(Self.formatVersion)", found: "\(error)")
    }
    guard let manifest = Self(json), manifest.json == json else {
      throw .damaged(
        path, at: 0..<bytes.count, reason: "expected the keys and value ranges of a manifest")
    }
    self = manifest
  }

  private init?(_ json: JSONValue) {
    guard let object = json.object,
      let tokenizer = object["tokenizer"]?.string.flatMap(Fingerprint.init(rawValue:)),
      let vocabularySize = object["vocabulary_size"]?.integer.flatMap(Int32.init(exactly:)),
      vocabularySize > 0,
      let endOfDocument = object["end_of_document"],
      let validationFraction = object["validation_fraction"]?.double,
      let seed = object["seed"]?.integer,
      let train = object["train"].flatMap(Totals.init(json:)),
      let validation = object["validation"].flatMap(Totals.init(json:))
    else { return nil }
    self.init(
      tokenizer: tokenizer, vocabularySize: Int(vocabularySize),
      endOfDocument: endOfDocument.integer.flatMap(Int32.init(exactly:)),
      validationFraction: validationFraction, seed: UInt64(bitPattern: seed), train: train,
      validation: validation)
    if let id = self.endOfDocument, id < 0 || id >= vocabularySize { return nil }
  }
}

extension DataManifest.Totals {
  /// The largest count accepted, more than any disk holds: sums of counts cannot overflow.
  private static let limit: Int64 = 1 << 48

  var json: JSONValue {
    .object(
      JSONObject([
        ("tokens", .integer(Int64(tokens))),
        ("documents", .integer(Int64(documents))),
        ("bytes", .integer(Int64(bytes))),
        ("spelled_bytes", .integer(Int64(spelledBytes))),
        ("shard_tokens", .array(shardTokens.map { .integer(Int64($0)) })),
      ]))
  }

  init?(json: JSONValue) {
    func count(_ value: JSONValue?) -> Int? {
      guard let count = value?.integer, (0...Self.limit).contains(count) else { return nil }
      return Int(count)
    }
    guard let object = json.object, let tokens = count(object["tokens"]),
      let documents = count(object["documents"]), let bytes = count(object["bytes"]),
      let spelledBytes = count(object["spelled_bytes"]),
      let shards = object["shard_tokens"]?.array
    else { return nil }
    self.init()
    (self.tokens, self.documents, self.bytes) = (tokens, documents, bytes)
    self.spelledBytes = spelledBytes
    for shard in shards {
      guard let shardTokens = count(shard), shardTokens > 0 else { return nil }
      self.shardTokens.append(shardTokens)
    }
    guard self.shardTokens.reduce(0, &+) == tokens, documents <= tokens else { return nil }
  }
}
