import CRATELM
import Dispatch
import Synchronization
import Tokenizer

/// Encodes pieces of documents on several threads and hands the ids over in the order of the text.
///
/// While pieces are encoded, those before are written and those behind are read.
final class ParallelEncoder {
  /// Text that a thread encodes at a time; less would leave threads waiting for each other.
  private static let byteCountPerThread = 1 << 20
  /// How many batches are on their way at most: one that is encoded and one that is written, and
  /// one that is ready for each.
  private static let batchCount = 4

  private let line: AssemblyLine
  private let batchByteCount: Int
  private var chunks: [DocumentChunk] = []
  private var byteCount = 0

  /// An encoder for what `makeWriter` makes, which it may do while the first pieces are encoded.
  init(
    tokenizer: any TextTokenizer, threadCount: Int,
    makeWriter: @escaping @Sendable () throws -> PackWriter
  ) {
    line = AssemblyLine(tokenizer, threadCount, makeWriter, room: Self.batchCount)
    batchByteCount = threadCount * Self.byteCountPerThread
  }

  /// Adds a piece; when enough are there, all are encoded and written.
  ///
  /// - Throws: what encoding or writing an earlier piece threw.
  func append(_ chunk: DocumentChunk) throws {
    chunks.append(chunk)
    byteCount += chunk.bytes.count
    if byteCount >= batchByteCount { try send() }
  }

  /// Waits until all pieces are encoded and written; returns what they were written to.
  ///
  /// - Throws: what encoding or writing threw.
  func finish() throws -> PackWriter {
    try send()
    return try line.finish()
  }

  private func send() throws {
    try line.take(chunks)
    chunks.removeAll()
    byteCount = 0
  }
}

/// Two stages that batches of pieces pass one after the other, each in its own time.
///
/// The encoders belong to the first stage, the writer to the second; only ``failure`` is shared.
private final class AssemblyLine: @unchecked Sendable {
  private let encoding = DispatchQueue(label: "encoding")
  private let writing = DispatchQueue(label: "writing")
  private let room: DispatchSemaphore
  private let roomCount: Int
  /// What went wrong first.
  private let failure = Mutex<(any Error)?>(nil)
  private let workers: [Worker]
  private let makeWriter: @Sendable () throws -> PackWriter
  private lazy var writer = Result { try makeWriter() }

  init(
    _ tokenizer: any TextTokenizer, _ threadCount: Int,
    _ makeWriter: @escaping @Sendable () throws -> PackWriter, room: Int
  ) {
    workers = (0..<threadCount).map { _ in Worker(tokenizer) }
    self.room = DispatchSemaphore(value: room)
    roomCount = room
    self.makeWriter = makeWriter
    writing.async { [self] in
      note { _ = try writer.get() }
    }
  }

  /// Sends `chunks` on their way when there is room.
  func take(_ chunks: [DocumentChunk]) throws {
    room.wait()
    encoding.async { [self] in
      let ids = encode(chunks)
      writing.async { [self] in
        write(chunks, ids)
        room.signal()
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Waits until all is written.
  func finish() throws -> PackWriter {
    for _ in 0..<roomCount { room.wait() }
    for _ in 0..<roomCount { room.signal() }
    return try writing.sync {
      if let error = failure.withLock({ $0 }) { throw error }
      return try writer.get()
    }
  }

  /// Runs `work` unless something went wrong before.
  private func note(_ work: () throws -> Void) {
    guard failure.withLock({ $0 == nil }) else { return }
    do {
      try work()
    } catch {
      failure.withLock { $0 = error }
    }
  }

  private func encode(_ chunks: [DocumentChunk]) -> [Result<[TokenID], any Error>] {
    let next = Atomic(0)
    let workers = workers
    DispatchQueue.concurrentPerform(iterations: workers.count) { worker in
      workers[worker].begin()
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < chunks.count else { return }
        workers[worker].encode(chunks[index], index)
      }
    }
    let results = workers.flatMap(\.results)
    return results.sorted { $0.index < $1.index }.map(\.ids)
  }

  private func write(_ chunks: [DocumentChunk], _ ids: [Result<[TokenID], any Error>]) {
    note {
      for (chunk, ids) in zip(chunks, ids) {
        try writer.get().append(ids.get(), byteCount: chunk.bytes.count)
        if chunk.isLast { try writer.get().endDocument() }
      }
    }
  }

  /// An encoder and what it made; only one thread at a time uses it.
  private final class Worker: @unchecked Sendable {
    private(set) var results: [(index: Int, ids: Result<[TokenID], any Error>)] = []
    private var encoder: any TextEncoder

    init(_ tokenizer: any TextTokenizer) { encoder = tokenizer.makeEncoder() }

    func begin() { results.removeAll() }

    func encode(_ chunk: DocumentChunk, _ index: Int) {
      let ids = Result {
        var ids: [TokenID] = []
        ids.reserveCapacity(chunk.bytes.count / 3)
        try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
        return ids
      }
      results.append((index, ids))
    }
  }
}
