import CRATELM
import Dispatch
import Synchronization
import Tokenizer

/// Encodes pieces of documents on several threads and hands the ids over in the order of the text.
///
/// While pieces are encoded, those before are written and those behind are read. Each encoder takes
/// the next piece when it is free; nobody waits for a slower one.
final class ParallelEncoder: @unchecked Sendable {
  /// Text that is encoded by one thread at a time: a large piece, or many small documents.
  private static let batchByteCount = DocumentSource.chunkByteCount
  /// How much text for each thread is on its way at most, so that memory is bounded.
  private static let byteCountPerThread = 16 * batchByteCount

  /// `share` is what a batch takes of the room: more where its text has no place to be cut.
  private typealias Batch = (index: Int, chunks: [DocumentChunk], share: Int)

  /// What is to be encoded next.
  private let waiting = Mutex<[Batch]>([])
  private let encoders: [Encoder]
  /// One count for every ``batchByteCount`` that may still be sent.
  private let room: DispatchSemaphore
  private let roomCount: Int
  private let output: OrderedOutput
  /// The batch that is being filled; used by the caller's thread only.
  private var chunks: [DocumentChunk] = []
  private var byteCount = 0
  private var sentCount = 0

  /// An encoder for what `makeWriter` makes, which it may do while the first pieces are encoded.
  init(
    tokenizer: any TextTokenizer, threadCount: Int,
    makeWriter: @escaping @Sendable () throws -> PackWriter
  ) {
    encoders = (0..<threadCount).map { _ in Encoder(tokenizer) }
    roomCount = threadCount * Self.byteCountPerThread / Self.batchByteCount
    // A semaphore may not end below the count that it was made with.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<roomCount { room.signal() }
    output = OrderedOutput(makeWriter)
  }

  /// Adds a piece; when enough are there, they are sent on their way.
  ///
  /// - Throws: what encoding or writing an earlier piece threw.
  func append(_ chunk: DocumentChunk) throws {
    chunks.append(chunk)
    byteCount += chunk.bytes.count
    if byteCount >= Self.batchByteCount { try send() }
  }

  /// Waits until all pieces are encoded and written; returns what they were written to.
  ///
  /// - Throws: what encoding or writing threw.
  func finish() throws -> PackWriter {
    try send()
    for _ in 0..<roomCount { room.wait() }
    return try output.writer()
  }

  /// Gives up after an error: drops what was to be encoded, and the writer, which takes away what it
  /// has written.
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

  /// An encoder with a thread to run it.
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

/// Writes encoded batches in the order of their numbers, in its own time.
///
/// All but ``failure`` belongs to the queue.
private final class OrderedOutput: @unchecked Sendable {
  private let queue = DispatchQueue(label: "writing")
  /// What went wrong first.
  private let failure = Mutex<(any Error)?>(nil)
  private let makeWriter: @Sendable () throws -> PackWriter
  private lazy var made = Result { try makeWriter() }
  /// Batches that wait for one before them, by their numbers.
  private var early: [Int: @Sendable () throws -> Void] = [:]
  private var nextIndex = 0

  init(_ makeWriter: @escaping @Sendable () throws -> PackWriter) {
    self.makeWriter = makeWriter
    queue.async { [self] in note { _ = try made.get() } }
  }

  /// Writes batch `index` when those before it are written, and then tells `whenDone`.
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

  /// Throws what went wrong, if anything did.
  func check() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// What was written to.
  func writer() throws -> PackWriter {
    try queue.sync {
      try check()
      return try made.get()
    }
  }

  /// Drops what is written to; nothing is written any more.
  func discard() {
    failure.withLock { $0 = $0 ?? CancellationError() }
    queue.sync { made = .failure(CancellationError()) }
  }

  private func write(_ chunk: DocumentChunk, _ ids: Result<[TokenID], any Error>) throws {
    try check()
    let writer = try made.get()
    try writer.append(ids.get(), byteCount: chunk.bytes.count)
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
