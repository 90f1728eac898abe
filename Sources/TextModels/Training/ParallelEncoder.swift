import CRATELM
import Dispatch
import Synchronization
import Tokenizer

/// Encodes pieces of documents on several threads and writes their ids in the order of the text.
///
/// While pieces are encoded, earlier ones are written and later ones are read. Each encoder takes
/// the next piece when it is free and waits for no slower one.
final class ParallelEncoder: @unchecked Sendable {
  /// The bytes of a batch, which one thread encodes: a large piece, or many small documents.
  private static let batchByteCount = DocumentSource.chunkByteCount
  /// The most bytes of text on their way for each thread, which bounds the memory.
  private static let byteCountPerThread = 16 * batchByteCount

  /// `share` is the part of ``room`` that a batch takes: above 1 if its text has no safe cut.
  private typealias Batch = (index: Int, chunks: [DocumentChunk], share: Int)

  /// Batches to encode, the next one first.
  private let waiting = Mutex<[Batch]>([])
  private let encoders: [Encoder]
  /// The number of times that ``batchByteCount`` bytes may still be sent.
  private let room: DispatchSemaphore
  private let roomCount: Int
  private let output: OrderedOutput
  /// The batch that is being filled; used by the caller's thread only.
  private var chunks: [DocumentChunk] = []
  private var byteCount = 0
  private var sentCount = 0

  /// An encoder that writes to what `makeWriter` makes, perhaps while it encodes the first pieces.
  init(
    tokenizer: any TextTokenizer, threadCount: Int,
    makeWriter: @escaping @Sendable () throws -> PackWriter
  ) {
    encoders = (0..<threadCount).map { _ in Encoder(tokenizer) }
    roomCount = threadCount * Self.byteCountPerThread / Self.batchByteCount
    // Dispatch traps if a semaphore is released below its initial count.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<roomCount { room.signal() }
    output = OrderedOutput(makeWriter)
  }

  /// Adds a piece and sends the batch if it is full.
  ///
  /// - Throws: what encoding or writing an earlier piece threw.
  func append(_ chunk: DocumentChunk) throws {
    chunks.append(chunk)
    byteCount += chunk.bytes.count
    if byteCount >= Self.batchByteCount { try send() }
  }

  /// Waits until all pieces are encoded and written; returns the writer.
  ///
  /// - Throws: what encoding or writing threw.
  func finish() throws -> PackWriter {
    try send()
    for _ in 0..<roomCount { room.wait() }
    return try output.writer()
  }

  /// Gives up after an error: drops the waiting batches and the writer, which removes its files.
  func discard() {
    waiting.withLock { $0.removeAll() }
    output.discard()
  }

  private func send() throws {
    let share = max(1, min(byteCount / Self.batchByteCount, roomCount))
    for _ in 0..<share { room.wait() }
    waiting.withLock { $0.append((sentCount, chunks, share)) }
    sentCount += 1
    chunks.removeAll()
    byteCount = 0
    for encoder in encoders { encoder.queue.async { [self] in encode(with: encoder) } }
    try output.check()
  }

  private func encode(with encoder: Encoder) {
    while let batch = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      let ids = batch.chunks.map(encoder.encode)
      output.take(batch.index, batch.chunks, ids) { [room] in
        for _ in 0..<batch.share { room.signal() }
      }
    }
  }

  /// An encoder with a queue to run it.
  private final class Encoder: @unchecked Sendable {
    let queue = DispatchQueue(label: "encoding")
    private var encoder: any TextEncoder

    init(_ tokenizer: any TextTokenizer) { encoder = tokenizer.makeEncoder() }

    func encode(_ chunk: DocumentChunk) -> Result<[TokenID], any Error> {
      Result {
        var ids: [TokenID] = []
        ids.reserveCapacity(chunk.bytes.count / 3)
        try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
        return ids
      }
    }
  }
}

/// Writes encoded batches in the order of their numbers, on a queue of its own.
///
/// Everything but ``failure`` is used on the queue only.
private final class OrderedOutput: @unchecked Sendable {
  private let queue = DispatchQueue(label: "writing")
  /// The first error.
  private let failure = Mutex<(any Error)?>(nil)
  private let makeWriter: @Sendable () throws -> PackWriter
  private lazy var made = Result { try makeWriter() }
  /// Batches that wait for an earlier one, by their numbers.
  private var early: [Int: @Sendable () throws -> Void] = [:]
  private var nextIndex = 0

  init(_ makeWriter: @escaping @Sendable () throws -> PackWriter) {
    self.makeWriter = makeWriter
    queue.async { [self] in note { _ = try made.get() } }
  }

  /// Writes batch `index` once the earlier ones are written, then calls `whenDone`.
  func take(
    _ index: Int, _ chunks: [DocumentChunk], _ ids: [Result<[TokenID], any Error>],
    whenDone: @escaping @Sendable () -> Void
  ) {
    queue.async { [self] in
      early[index] = { [self] in
        defer { whenDone() }
        for (chunk, ids) in zip(chunks, ids) { try write(chunk, ids) }
      }
      while let write = early.removeValue(forKey: nextIndex) {
        note(write)
        nextIndex += 1
      }
    }
  }

  /// Throws the first error, if there is one.
  func check() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// The writer, if nothing went wrong.
  func writer() throws -> PackWriter {
    try queue.sync {
      try check()
      return try made.get()
    }
  }

  /// Drops the writer; nothing is written any more.
  func discard() {
    failure.withLock { $0 = $0 ?? CancellationError() }
    queue.sync { made = .failure(CancellationError()) }
  }

  private func write(_ chunk: DocumentChunk, _ ids: Result<[TokenID], any Error>) throws {
    try check()
    let writer = try made.get()
    try writer.append(ids.get(), byteCount: chunk.bytes.count, to: chunk.split)
    if chunk.isLast { try writer.endDocument() }
  }

  /// Runs `work` and keeps the first error.
  private func note(_ work: () throws -> Void) {
    do {
      try work()
    } catch {
      failure.withLock { $0 = $0 ?? error }
    }
  }
}
