import Storage
public import SystemPackage

/// Writes a data directory from a stream of documents in bounded memory.
///
/// Give the ids of a document in one or more pieces to ``append(_:byteCount:)``, call
/// ``endDocument()`` after each document and ``finish()`` at the end. The directory appears under
/// its name once it is complete; a writer dropped earlier leaves nothing. The same calls with the
/// same settings give the same bytes.
///
/// With ``PackSettings/leastDocumentCount`` documents or more, each goes to one split as a whole.
/// With fewer, documents longer than ``PackSettings/passageTokenCount`` tokens are cut into
/// passages of that size. If a passage goes to another split than the one before, both splits
/// record a document start.
public final class PackWriter {
  private let tokenizer: PackedTokenizer
  private let settings: PackSettings
  private let stage: StagedDirectory
  private let train: SplitWriter
  private let validation: SplitWriter
  private var choice: HeldOutChoice
  /// The beginning of the text, kept until the division of the text is decided.
  private var head: PackHead?
  /// The tokens of a passage; `nil` if documents stay whole.
  private var passageTokenCount: Int?
  private var document: OpenDocument?
  /// The bytes of the current document that have given no token yet.
  private var pendingByteCount = 0

  /// The document being written: the split of its passage, and the passage's tokens so far.
  private struct OpenDocument {
    var split: Split
    var passageTokenCount = 0
  }

  /// Begins a data directory at `directory`.
  ///
  /// - Throws: ``DataError``; `FileError` if the directory is not empty and must not be replaced,
  ///   or cannot be made.
  public init(
    directory: FilePath, tokenizer: PackedTokenizer, settings: PackSettings = PackSettings()
  ) throws {
    try settings.validate()
    self.tokenizer = tokenizer
    self.settings = settings
    stage = try StagedDirectory(for: directory) { (names) throws(FileError) in
      guard settings.overwrites else {
        throw .notEmpty(directory, remedy: "give --overwrite or another path")
      }
      guard names.contains(DataFile.manifest.name), names.allSatisfy(DataFile.isKnown) else {
        throw .notEmpty(directory, remedy: "it is no data directory, give another path")
      }
    }
    let codec = try FrameCodec(settings.compression)
    let width = TokenWidth(vocabularySize: tokenizer.vocabularySize)
    let path = stage.path
    func writer(_ split: Split) -> SplitWriter {
      SplitWriter(tokensPerShard: settings.frameTokenCount * settings.framesPerShard) { index in
        try ShardWriter(
          path: path.appending(DataFile.shard(split, index).name), width: width,
          frameTokenCount: settings.frameTokenCount, codec: codec)
      }
    }
    train = writer(.train)
    validation = writer(.validation)
    choice = HeldOutChoice(fraction: settings.validationFraction, seed: settings.seed)
    let hasManyDocuments = (settings.documentCount ?? 0) >= settings.leastDocumentCount
    passageTokenCount = hasManyDocuments ? nil : settings.passageTokenCount
    head = hasManyDocuments ? nil : PackHead()
  }

  /// Appends the next ids of the current document, made from `byteCount` bytes of text.
  ///
  /// - Throws: ``DataError/tokenOutOfRange(_:vocabularySize:)``; `FileError`.
  public func append(_ ids: [Int32], byteCount: Int) throws {
    let limit = UInt32(clamping: tokenizer.vocabularySize)
    let largest = ids.reduce(0) { max($0, UInt32(bitPattern: $1)) }
    if largest >= limit, let stray = ids.first(where: { UInt32(bitPattern: $0) >= limit }) {
      throw DataError.tokenOutOfRange(stray, vocabularySize: tokenizer.vocabularySize)
    }
    pendingByteCount += byteCount
    guard !ids.isEmpty else { return }
    let byteCount = pendingByteCount
    pendingByteCount = 0
    guard head != nil else { return try route(ids[...], byteCount: byteCount) }
    head?.append(ids, byteCount: byteCount)
    let enough = Double(settings.passageTokenCount) / settings.validationFraction
    if let head, Double(head.ids.count) >= enough { try release(head) }
  }

  /// Ends the current document; a document without a token is ignored.
  public func endDocument() throws {
    let byteCount = pendingByteCount
    pendingByteCount = 0
    if head != nil {
      head?.endDocument(byteCount: byteCount)
    } else {
      try closeDocument(byteCount: byteCount)
    }
  }

  /// Completes the directory and moves it to its place.
  ///
  /// - Returns: the counts of the directory.
  /// - Throws: ``DataError/noText`` if there was no token,
  ///   ``DataError/textTooSmall(tokens:validationFraction:)`` if a split would stay empty;
  ///   `FileError`.
  public func finish() throws -> DataManifest {
    try endDocument()
    if let head {
      passageTokenCount = max(Int(Double(head.ids.count) * settings.validationFraction), 1)
      try release(head)
    }
    let file = tokenizer.file()
    var manifest = DataManifest(
      tokenizer: Fingerprint(of: file), vocabularySize: tokenizer.vocabularySize,
      endOfDocument: tokenizer.endOfDocument, validationFraction: settings.validationFraction,
      seed: settings.seed)
    for split in Split.allCases {
      try writer(split).finish()
      manifest[split] = writer(split).totals
    }
    let tokens = manifest.train.tokens + manifest.validation.tokens
    guard tokens > 0 else { throw DataError.noText }
    guard manifest.train.tokens > 0,
      settings.validationFraction == 0 || manifest.validation.tokens > 0
    else {
      throw DataError.textTooSmall(
        tokens: tokens, validationFraction: settings.validationFraction)
    }
    try writeTables(manifest, tokenizerFile: file)
    try stage.publish()
    return manifest
  }

  private func writeTables(_ manifest: DataManifest, tokenizerFile: [UInt8]) throws {
    var sums = Checksums()
    func write(_ bytes: [UInt8], to file: DataFile) throws {
      try FileContents.write(bytes, to: stage.path.appending(file.name))
    }
    for file in DataFile.summed(manifest) {
      let bytes: [UInt8]
      switch file {
      case .manifest: bytes = manifest.json.serialized(.pretty)
      case .tokenizer: bytes = tokenizerFile
      case .tokenByteCounts:
        bytes = tokenizer.spelledBytes.counts.reduce(into: []) {
          $0.append(littleEndian: UInt32(clamping: $1))
        }
      case .shard(let split, let index):
        sums.append(file, writer(split).fingerprints[index])
        continue
      case .checksums: continue
      }
      try write(bytes, to: file)
      sums.append(file, Fingerprint(of: bytes))
    }
    try write(sums.bytes, to: .checksums)
  }

  /// Routes the pieces kept in `head`.
  private func release(_ head: PackHead) throws {
    self.head = nil
    if head.documentCount >= settings.leastDocumentCount { passageTokenCount = nil }
    var place = 0
    for piece in head.pieces {
      try route(head.ids[place..<place + piece.tokenCount], byteCount: piece.byteCount)
      place += piece.tokenCount
      if piece.endsDocument { try closeDocument(byteCount: 0) }
    }
  }

  /// Writes `ids` to their passages and divides `byteCount` in proportion to the bytes they spell.
  private func route(_ ids: ArraySlice<Int32>, byteCount: Int) throws {
    let parts = cut(ids).map { (ids: $0, spelled: tokenizer.spelledBytes.sum(of: $0)) }
    var shares = ByteShares(
      byteCount: byteCount, spelledByteCount: parts.reduce(0) { $0 + $1.spelled })
    for part in parts {
      var current = document ?? beginDocument()
      if current.passageTokenCount == passageTokenCount { beginPassage(&current) }
      current.passageTokenCount += part.ids.count
      document = current
      try writer(current.split).append(
        part.ids, byteCount: shares.take(spelling: part.spelled), spelledByteCount: part.spelled)
    }
  }

  /// Cuts `ids` at the ends of passages; the first part completes the open passage.
  private func cut(_ ids: ArraySlice<Int32>) -> [ArraySlice<Int32>] {
    guard let passageTokenCount else { return [ids] }
    var parts: [ArraySlice<Int32>] = []
    var rest = ids
    var room = passageTokenCount - (document?.passageTokenCount ?? 0)
    while !rest.isEmpty {
      if room > 0 { parts.append(rest.prefix(room)) }
      rest = rest.dropFirst(room)
      room = passageTokenCount
    }
    return parts
  }

  private func beginDocument() -> OpenDocument {
    let split = choice.next()
    writer(split).startDocument(afterCut: false)
    return OpenDocument(split: split)
  }

  private func beginPassage(_ document: inout OpenDocument) {
    let split = choice.next()
    if split != document.split { writer(split).startDocument(afterCut: true) }
    document = OpenDocument(split: split)
  }

  private func closeDocument(byteCount: Int) throws {
    guard let document else { return }
    let ending = tokenizer.endOfDocument.map { [$0] } ?? []
    try writer(document.split).append(
      ending[...], byteCount: byteCount,
      spelledByteCount: tokenizer.spelledBytes.sum(of: ending[...]))
    self.document = nil
  }

  private func writer(_ split: Split) -> SplitWriter {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}
