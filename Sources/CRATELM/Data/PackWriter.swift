import Storage
public import SystemPackage

/// Writes a data directory from a stream of documents in bounded memory.
///
/// Give the ids of a document in one or more pieces to ``append(_:byteCount:)``, call
/// ``endDocument()`` after each document and ``finish()`` at the end. The directory appears under
/// its name once it is complete; a writer dropped earlier leaves nothing. The same calls with the
/// same settings give the same bytes.
///
/// A document that is given to a split goes there. Otherwise
/// ``PackSettings/validationFraction`` of the tokens is held out. Of
/// ``PackSettings/leastDocumentCount`` documents or more, each goes to one split as a whole. Of fewer,
/// a passage of ``PackSettings/passageTokenCount`` tokens is held out of every window of the text, and
/// a shorter one of the last. If the split changes within a document, both splits record a document
/// start.
public final class PackWriter {
  private let tokenizer: PackedTokenizer
  private let settings: PackSettings
  private let stage: StagedDirectory
  private let train: SplitWriter
  private let validation: SplitWriter
  private var choice: HeldOutChoice
  private var division: Division
  /// The text that is not divided yet.
  private var window = PackWindow()
  /// The split of the last token of the document that is being written; `nil` between documents.
  private var openSplit: Split?
  /// The split to which the current document goes as it comes.
  private var wholeSplit: Split?
  /// The bytes of the current document that have given no token yet.
  private var pendingByteCount = 0

  /// The way in which text is divided.
  private enum Division {
    /// All documents go to the training split unless they are given to another.
    case none
    /// Known when the first window is full.
    case undecided
    case passages
    case documents
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
    stage = try DataFile.stage(for: directory, overwrites: settings.overwrites)
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
    division = settings.validationFraction == 0 ? .none : hasManyDocuments ? .documents : .undecided
  }

  /// The tokens of a window, of which a passage is the fraction to hold out.
  private var windowTokenCount: Int {
    Int((Double(settings.passageTokenCount) / settings.validationFraction).rounded())
  }

  /// Appends the next ids of the current document, made from `byteCount` bytes of text.
  ///
  /// - Parameters:
  ///   - ids: token ids.
  ///   - byteCount: the bytes of their text.
  ///   - split: the split to which the whole document goes; `nil` if it is divided as the others.
  /// - Throws: ``DataError/tokenOutOfRange(_:vocabularySize:)``; `FileError`.
  public func append(_ ids: [Int32], byteCount: Int, to split: Split? = nil) throws {
    let limit = UInt32(clamping: tokenizer.vocabularySize)
    let largest = ids.reduce(0) { max($0, UInt32(bitPattern: $1)) }
    if largest >= limit, let stray = ids.first(where: { UInt32(bitPattern: $0) >= limit }) {
      throw DataError.tokenOutOfRange(stray, vocabularySize: tokenizer.vocabularySize)
    }
    pendingByteCount += byteCount
    guard !ids.isEmpty else { return }
    let byteCount = pendingByteCount
    pendingByteCount = 0
    if split != nil, wholeSplit == nil { try divideRest() }
    if wholeSplit == nil { wholeSplit = split ?? (division == .none ? .train : nil) }
    if let wholeSplit {
      if split == nil { choice.count(ids.count, in: wholeSplit) }
      return try write(ids[...], byteCount: byteCount, to: wholeSplit)
    }
    window.append(ids, byteCount: byteCount)
    // One more token than a window shows whether a document ends with it.
    while wholeSplit == nil, window.ids.count > windowTokenCount {
      try divide(windowTokenCount, isLast: false)
    }
  }

  /// Ends the current document; a document without a token is ignored.
  public func endDocument() throws {
    let byteCount = pendingByteCount
    pendingByteCount = 0
    guard wholeSplit != nil else { return window.endDocument(byteCount: byteCount) }
    try closeDocument(byteCount: byteCount)
  }

  /// Refuses a validation split without a token.
  ///
  /// - Throws: ``DataError/noText``.
  package func requireValidation() throws(DataError) {
    guard validation.totals.tokens > 0 else { throw .noText }
  }

  /// Completes the directory and moves it to its place.
  ///
  /// - Parameter beforePublication: called when all files are written; its error leaves nothing at
  ///   the place.
  /// - Returns: the counts of the directory.
  /// - Throws: ``DataError/noText`` if there was no token,
  ///   ``DataError/textTooSmall(tokens:validationFraction:)`` if a split would stay empty;
  ///   `FileError`; what `beforePublication` throws.
  public func finish(beforePublication: () throws -> Void = {}) throws -> DataManifest {
    try endDocument()
    try divideRest()
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
    try beforePublication()
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

  /// Divides the beginning of the window, up to `limit` tokens, and sends it on its way.
  private func divide(_ limit: Int, isLast: Bool) throws {
    let ends = window.documentEnds(within: limit)
    if division == .undecided {
      division = ends.count >= settings.leastDocumentCount ? .documents : .passages
    }
    guard division == .documents else {
      let passage = choice.passage(of: limit)
      let part = window.take(limit, tokenizer.spelledBytes)
      return try write(part, cuts: [passage.lowerBound, passage.upperBound]) {
        passage.contains($0) ? .validation : .train
      }
    }
    guard let end = ends.last else { return try beginLongDocument(limit) }
    var (lengths, start) = ([Int](), 0)
    for end in ends {
      lengths.append(end - start)
      start = end
    }
    let splits = choice.splits(of: lengths, isLast: isLast)
    let part = window.take(end, tokenizer.spelledBytes)
    var document = 0
    try write(part, cuts: []) { place in
      while place >= ends[document] { document += 1 }
      return splits[document]
    }
  }

  /// Divides all that is in the window.
  private func divideRest() throws {
    while !window.ids.isEmpty { try divide(window.ids.count, isLast: true) }
  }

  /// Sends the beginning of a document that is longer than a window on its way; the rest follows
  /// it as it comes.
  private func beginLongDocument(_ known: Int) throws {
    let split = choice.split(ofLongDocument: known)
    let end = window.documentEnds(within: .max).first ?? window.ids.count
    let part = window.take(end, tokenizer.spelledBytes)
    choice.count(part.ids.count, in: split)
    try write(part, cuts: []) { _ in split }
    if openSplit != nil { wholeSplit = split }
  }

  /// Writes `part`, every token to the split that `split` tells for its place; within a piece it
  /// changes at `cuts` only, which ascend.
  private func write(
    _ part: PackWindow, cuts: [Int], split: (_ place: Int) -> Split
  ) throws {
    var place = 0
    for piece in part.pieces {
      let end = place + piece.tokenCount
      var ranges: [Range<Int>] = []
      for bound in cuts.filter({ place < $0 && $0 < end }) + [end] where bound > place {
        ranges.append(place..<bound)
        place = bound
      }
      let spelled = ranges.map { tokenizer.spelledBytes.sum(of: part.ids[$0]) }
      var shares = ByteShares(
        byteCount: piece.byteCount, spelledByteCount: spelled.reduce(0, +))
      for (range, spelled) in zip(ranges, spelled) {
        try write(
          part.ids[range], byteCount: shares.take(spelling: spelled), to: split(range.lowerBound))
      }
      if piece.endsDocument { try closeDocument(byteCount: 0) }
    }
  }

  /// Writes `ids`, the next of the current document, to `split`.
  private func write(_ ids: ArraySlice<Int32>, byteCount: Int, to split: Split) throws {
    if split != openSplit { writer(split).startDocument(afterCut: openSplit != nil) }
    openSplit = split
    try writer(split).append(
      ids, byteCount: byteCount, spelledByteCount: tokenizer.spelledBytes.sum(of: ids))
  }

  private func closeDocument(byteCount: Int) throws {
    wholeSplit = nil
    guard let split = openSplit else { return }
    let ending = tokenizer.endOfDocument.map { [$0] } ?? []
    try writer(split).append(
      ending[...], byteCount: byteCount,
      spelledByteCount: tokenizer.spelledBytes.sum(of: ending[...]))
    openSplit = nil
  }

  private func writer(_ split: Split) -> SplitWriter {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}
