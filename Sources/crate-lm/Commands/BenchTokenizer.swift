import ArgumentParser
import Dispatch
import StrictJSON
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
      threads each has an encoder and a part of the text of its own.
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
    let textTokenizer = try TokenizerFile.load(FilePath(tokenizer))
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
    let memory = (0..<threads).map { Worker(texts, $0, of: threads) }
    for _ in 0..<passes {
      for worker in memory { worker.encoder = tokenizer.makeEncoder() }
      coldSeconds = min(coldSeconds, try Self.pass(memory))
      warmSeconds = min(warmSeconds, try Self.pass(memory))
      tokenCount = memory.reduce(0) { $0 + $1.tokenCount }
    }
    self.tokenCount = tokenCount
    coldRate = Double(byteCount) / 1e6 / max(coldSeconds, 1e-9)
    warmRate = Double(byteCount) / 1e6 / max(warmSeconds, 1e-9)
  }

  var text: String {
    "\(Quantity.fixed(coldRate, 1)) MB/s cold, \(Quantity.fixed(warmRate, 1)) MB/s warm"
  }

  /// Encodes all texts once; the seconds that it took.
  private static func pass(_ workers: [Worker]) throws -> Double {
    let start = ContinuousClock.now
    DispatchQueue.concurrentPerform(iterations: workers.count) { workers[$0].run() }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for worker in workers { try worker.outcome.get() }
    return seconds
  }

  /// An encoder and its part of the text; only one thread at a time uses it.
  private final class Worker: @unchecked Sendable {
    var encoder: (any TextEncoder)?
    private(set) var tokenCount = 0
    private(set) var outcome: Result<Void, any Error> = .success(())
    private let texts: [[UInt8]]
    private var ids: [TokenID] = []

    init(_ texts: [[UInt8]], _ index: Int, of count: Int) {
      self.texts = Array(texts[texts.count * index / count..<texts.count * (index + 1) / count])
    }

    func run() {
      tokenCount = 0
      outcome = Result {
        for text in texts {
          ids.removeAll(keepingCapacity: true)
          try encoder?.encode(text.span, specialTokens: .treatAsText, into: &ids)
          tokenCount += ids.count
        }
      }
    }
  }
}
