import ArgumentParser
import Parallel
import Storage
import TextModels
import Tokenizer

/// The speed of a tokenizer.
struct BenchTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Measure the speed of encoding a text, in 10^6 bytes a second.",
    discussion: """
      Encodes the text with an encoder that has seen no text (cold) and with one that has (warm), \
      each several times, and counts the fastest pass. With several threads each has an encoder \
      of its own and takes the next part of the text when it is free.
      """)

  @Argument(help: "Text files, directories of them, or - for standard input.")
  var files: [String]

  @OptionGroup var tokenizer: TokenizerOption

  @Option(number: "The number of passes over the text; the fastest counts.")
  var passes = 5

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws { try Self.require("passes", passes, from: 1) }

  func run() throws {
    let start = ContinuousClock.now
    let tokenizer = try tokenizer.load(notes: report.notes)
    let loadSeconds = (ContinuousClock.now - start) / .seconds(1)
    var texts: [[UInt8]] = []
    try DocumentSource(inputs: files.map(RawBytes.path)).forEachChunk(for: tokenizer) {
      texts.append($0.bytes)
    }
    let one = try EncodingBenchmark(tokenizer, texts, threads: 1, passes: passes)
    let all = try EncodingBenchmark(tokenizer, texts, threads: threads.count, passes: passes)
    try report.print(
      text: """
        \(one.byteCount.counting("byte")), \(one.tokenCount.counting("token")); tokenizer loaded \
        in \(Quantity.fixed(1000 * loadSeconds, 1)) ms
        1 thread: \(one.text)
        \(threads.count.counting("thread")): \(all.text)

        """,
      json: [
        "bytes": one.byteCount, "tokens": one.tokenCount, "load_seconds": loadSeconds,
        "cold_mbytes_per_second": one.coldRate, "warm_mbytes_per_second": one.warmRate,
        "threads": threads.count, "cold_mbytes_per_second_all_threads": all.coldRate,
        "warm_mbytes_per_second_all_threads": all.warmRate,
      ])
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
    let workers = Workers(count: threads)
    let encoders = (0..<threads).map { _ in Encoder() }
    for _ in 0..<passes {
      for encoder in encoders { encoder.encoder = tokenizer.makeEncoder() }
      coldSeconds = min(coldSeconds, try Self.pass(workers, encoders, texts))
    }
    for _ in 0..<passes {
      warmSeconds = min(warmSeconds, try Self.pass(workers, encoders, texts))
      tokenCount = encoders.reduce(0) { $0 + $1.tokenCount }
    }
    self.tokenCount = tokenCount
    coldRate = Double(byteCount) / 1e6 / max(coldSeconds, 1e-9)
    warmRate = Double(byteCount) / 1e6 / max(warmSeconds, 1e-9)
  }

  var text: String {
    "\(Quantity.fixed(coldRate, 1)) MB/s cold, \(Quantity.fixed(warmRate, 1)) MB/s warm"
  }

  /// Encodes all texts once and returns the seconds it took.
  private static func pass(
    _ workers: Workers, _ encoders: [Encoder], _ texts: [[UInt8]]
  ) throws -> Double {
    let start = ContinuousClock.now
    for encoder in encoders { encoder.tokenCount = 0 }
    workers.forEach(texts.count) { text, worker in encoders[worker].encode(texts[text]) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for encoder in encoders { try encoder.outcome.get() }
    return seconds
  }

  /// An encoder; only one thread at a time uses it.
  private final class Encoder: @unchecked Sendable {
    var encoder: (any TextEncoder)?
    var tokenCount = 0
    /// The first error, if there was one.
    private(set) var outcome: Result<Void, any Error> = .success(())
    private var ids: [TokenID] = []

    func encode(_ text: [UInt8]) {
      guard case .success = outcome else { return }
      outcome = Result {
        ids.removeAll(keepingCapacity: true)
        try encoder?.encode(text.span, specialTokens: .treatAsText, into: &ids)
        tokenCount += ids.count
      }
    }
  }
}
