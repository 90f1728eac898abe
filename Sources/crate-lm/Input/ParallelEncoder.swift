import CRATELM
import Dispatch
import Tokenizer

/// Encodes pieces of documents on several threads and hands the ids over in the order of the text.
final class ParallelEncoder {
  /// Text that a thread encodes at a time; less would leave threads waiting for each other.
  private static let byteCountPerThread = 1 << 20

  private let workers: [Worker]
  private var chunks: [DocumentChunk] = []
  private var byteCount = 0

  init(tokenizer: any TextTokenizer, threadCount: Int) {
    workers = (0..<max(threadCount, 1)).map { _ in Worker(tokenizer) }
  }

  /// Adds a piece; when enough are there, all are encoded and written to `writer`.
  func append(_ chunk: DocumentChunk, to writer: PackWriter) throws {
    chunks.append(chunk)
    byteCount += chunk.bytes.count
    if byteCount >= workers.count * Self.byteCountPerThread { try flush(to: writer) }
  }

  /// Encodes the pieces added and writes them to `writer`.
  func flush(to writer: PackWriter) throws {
    share()
    let workers = workers
    DispatchQueue.concurrentPerform(iterations: workers.count) { workers[$0].encode() }
    for worker in workers {
      for (chunk, ids) in try worker.result.get() {
        try writer.append(ids, byteCount: chunk.bytes.count)
        if chunk.isLast { try writer.endDocument() }
      }
    }
  }

  /// Gives every worker a run of pieces with about the same number of bytes.
  private func share() {
    let fairByteCount = byteCount / workers.count + 1
    var next = 0
    for worker in workers {
      var given = 0
      worker.chunks.removeAll()
      while next < chunks.count, given < fairByteCount {
        given += chunks[next].bytes.count
        worker.chunks.append(chunks[next])
        next += 1
      }
    }
    chunks.removeAll()
    byteCount = 0
  }

  /// An encoder and its work; only one thread at a time uses it.
  private final class Worker: @unchecked Sendable {
    var chunks: [DocumentChunk] = []
    private(set) var result: Result<[(DocumentChunk, [TokenID])], any Error> = .success([])
    private var encoder: any TextEncoder

    init(_ tokenizer: any TextTokenizer) {
      encoder = tokenizer.makeEncoder()
    }

    func encode() {
      result = Result {
        try chunks.map { chunk in
          var ids: [TokenID] = []
          try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
          return (chunk, ids)
        }
      }
    }
  }
}
