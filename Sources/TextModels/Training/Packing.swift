public import CRATELM
import Parallel
public import SystemPackage
public import Tokenizer

/// Packs text into shards of token ids, which a model learns from.
public struct Packing {
  /// The tokenizer of the text.
  public let tokenizer: any TextTokenizer
  /// What stands behind each document.
  public var end: DocumentEnd
  /// The part of the text to hold out and the form in which tokens are stored.
  public var settings: PackSettings
  /// The number of threads; `nil` for one per processor.
  public var threads: Int?

  /// - Parameters:
  ///   - tokenizer: the tokenizer of the text.
  ///   - end: what stands behind each document; `nil` for what the names of the tokenizer's special
  ///     tokens tell.
  ///   - settings: the part to hold out and the form in which tokens are stored.
  ///   - threads: the number of threads, `nil` for one per processor; the data do not depend on it.
  public init(
    _ tokenizer: any TextTokenizer, end: DocumentEnd? = nil,
    settings: PackSettings = PackSettings(), threads: Int? = nil
  ) {
    self.end = end ?? DocumentEnd(id: tokenizer.endOfText, in: tokenizer)
    (self.tokenizer, self.settings, self.threads) = (tokenizer, settings, threads)
  }

  /// Packs the documents of `source` into a data directory, which appears when it is complete.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - validation: the text to validate on; `nil` for the part of `source` that the settings hold
  ///     out.
  ///   - directory: the data directory to make.
  ///   - progress: called with the number of bytes of the files read; its error ends the work and
  ///     leaves nothing.
  /// - Returns: the data.
  /// - Throws: ``UnknownEnd`` for more than one document without a known end; ``InputError`` for the
  ///   text, `DataError` for the settings or a text too small,
  ///   `FileError`; what `progress` throws.
  public func pack(
    _ source: DocumentSource, validation: DocumentSource? = nil, to directory: FilePath,
    progress: (_ readByteCount: Int) throws -> Void = { _ in }
  ) throws -> TokenData {
    var settings = settings
    settings.documentCount = settings.documentCount ?? source.leastDocumentCount
    if validation != nil { settings.validationFraction = 0 }
    let encoder = try ParallelEncoder(tokenizer: tokenizer, threadCount: Workers.count(threads)) {
      [tokenizer, settings, end = end.id] in
      try PackWriter(
        directory: directory, tokenizer: PackedTokenizer(tokenizer, endOfDocument: end),
        settings: settings)
    }
    do {
      var readByteCount = 0
      var count = 0
      try source.forEachChunk(for: tokenizer) { chunk in
        try counting(chunk, &count)
        try encoder.append(chunk)
        readByteCount = chunk.readByteCount
        try progress(readByteCount)
      }
      let sourceByteCount = source.byteCount ?? 0
      count = 0
      try validation?.forEachChunk(for: tokenizer) { chunk in
        try counting(chunk, &count)
        var chunk = chunk
        chunk.split = .validation
        try encoder.append(chunk)
        readByteCount = sourceByteCount + chunk.readByteCount
        try progress(readByteCount)
      }
      // A signal may have ended the text by stopping the program that writes it.
      try progress(readByteCount)
      let writer = try encoder.finish()
      if validation != nil { try writer.requireValidation() }
      _ = try writer.finish { try progress(readByteCount) }
    } catch {
      encoder.discard()
      throw error
    }
    return try TokenData(directory: directory)
  }

  /// Counts the documents with text in `count`, and refuses a second one if nothing is known to
  /// stand behind the first.
  private func counting(_ chunk: DocumentChunk, _ count: inout Int) throws(UnknownEnd) {
    if chunk.isFirst, !chunk.bytes.isEmpty { count += 1 }
    guard count < 2 || end != .unknown else { throw UnknownEnd(in: tokenizer) }
  }
}

extension PackedTokenizer {
  /// The parts of `tokenizer` that packed data keep, with the id to write after each document.
  public init(_ tokenizer: any TextTokenizer, endOfDocument: TokenID?) {
    self.init(
      file: tokenizer.serialized(),
      spelledBytes: tokenizer.spelledBytes(endingWith: [endOfDocument].compactMap(\.self)),
      endOfDocument: endOfDocument)
  }
}
