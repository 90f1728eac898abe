import ArgumentParser
import Dispatch
import Parallel
import Storage
import Synchronization
import SystemPackage
import Tokenizer

/// The speed of a tokenizer.
struct BenchTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Measure how fast a text is encoded.",
    discussion: """
      The text is encoded into memory that is used again, by an encoder that has seen no text \
      (cold) and by one that has (warm); for both the best of several passes counts. With several \
      threads each has an encoder of its own and takes the next part of the text when it is free.
      """)

  @Argument(help: "Text files, directories of them, or - for standard input.")
  var files: [String]

  @Option(help: "The tokenizer: a directory or file.")
  var tokenizer: String

  @Option(help: "Passes over the text, of which the fastest counts.")
  var passes = 5

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if passes < 1 { throw ValidationError("--passes is \(passes); expected at least 1.") }
  }

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let textTokenizer = try TokenizerInput.load(FilePath(tokenizer), quiet: report.quiet)
    let loadSeconds = (clock.now - start) / .seconds(1)
    var texts: [[UInt8]] = []
    try DocumentSource(inputs: files).forEachChunk { texts.append($0.bytes) }
    let one = try EncodingBenchmark(textTokenizer, texts, threads: 1, passes: passes)
    let all = try EncodingBenchmark(textTokenizer, texts, threads: threads.count, passes: passes)
    guard report.json else {
      return try StandardOutput.write(
        """
        \(one.byteCount) bytes, \(one.tokenCount) tokens; \
        tokenizer loaded in \(Quantity.fixed(1000 * loadSeconds, 1)) ms
        1 thread: \(one.text)
        \(threads.count) threads: \(all.text)

        """)
    }
    try JSONOutput.print(
      .members([
        ("bytes", .count(one.byteCount)), ("tokens", .count(one.tokenCount)),
        ("load_seconds", .number(loadSeconds)),
        ("cold_mbytes_per_second", .number(one.coldRate)),
        ("warm_mbytes_per_second", .number(one.warmRate)),
        ("threads", .count(threads.count)),
        ("cold_mbytes_per_second_all_threads", .number(all.coldRate)),
        ("warm_mbytes_per_second_all_threads", .number(all.warmRate)),
      ]))
  }
}

/// The rates, in 10⁶ bytes a second, at which a text is encoded.
struct EncodingBenchmark {
  let byteCount: Int
  let tokenCount: Int
  private(set) var coldRate = 0.0
  private(set) var warmRate = 0.0

  init(
    _ tokenizer: any TextTokenizer, _ texts: [[UInt8]], threads: Int, passes: Int
  ) throws {
    byteCount = texts.reduce(0) { $0 + $1.count }
    var (tokenCount, coldSeconds, warmSeconds) = (0, Double.infinity, Double.infinity)
    let workers = (0..<threads).map { _ in Worker() }
    for _ in 0..<passes {
      for worker in workers { worker.encoder = tokenizer.makeEncoder() }
      coldSeconds = min(coldSeconds, try Self.pass(workers, texts))
    }
    for _ in 0..<passes {
      warmSeconds = min(warmSeconds, try Self.pass(workers, texts))
      tokenCount = workers.reduce(0) { $0 + $1.tokenCount }
    }
    self.tokenCount = tokenCount
    coldRate = Double(byteCount) / 1e6 / max(coldSeconds, 1e-9)
    warmRate = Double(byteCount) / 1e6 / max(warmSeconds, 1e-9)
  }

  var text: String {
    "\(Quantity.fixed(coldRate, 1)) MB/s cold, \(Quantity.fixed(warmRate, 1)) MB/s warm"
  }

  /// Encodes all texts once; the seconds that it took.
  private static func pass(_ workers: [Worker], _ texts: [[UInt8]]) throws -> Double {
    let start = ContinuousClock.now
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: workers.count) { workers[$0].run(texts, next) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for worker in workers { try worker.outcome.get() }
    return seconds
  }

  /// An encoder; only one thread at a time uses it.
  private final class Worker: @unchecked Sendable {
    var encoder: (any TextEncoder)?
    private(set) var tokenCount = 0
    private(set) var outcome: Result<Void, any Error> = .success(())
    private var ids: [TokenID] = []

    /// Encodes the texts that no other worker has taken; `next` is the first of these.
    func run(_ texts: [[UInt8]], _ next: borrowing Atomic<Int>) {
      tokenCount = 0
      outcome = .success(())
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < texts.count else { return }
        outcome = Result { try encode(texts[index]) }
        guard case .success = outcome else { return }
      }
    }

    private func encode(_ text: [UInt8]) throws {
      ids.removeAll(keepingCapacity: true)
      try encoder?.encode(text.span, specialTokens: .treatAsText, into: &ids)
      tokenCount += ids.count
    }
  }
}
