import Parallel

/// The speed of generating one token after the other, and of the memory that bounds it.
public struct GenerationBenchmark: Sendable {
  /// The tokens generated per second, for one text.
  public let tokensPerSecond: Double
  /// The bytes of weights and cached tokens that products read for a token, without the weights of
  /// zero inputs.
  public let bytesPerToken: Int
  /// The bytes of memory read in order per second, by the same number of threads.
  public let memoryBytesPerSecond: Double
  /// The bytes of all weights in their format.
  public let weightBytes: Int
  /// The seconds per token in each part of the model.
  public let profile: [(part: WorkPart, seconds: Double)]

  /// The rounds of generating and of reading memory, whose medians count: the rates of a shared
  /// machine change from second to second.
  private static let rounds = 9
  /// The tokens generated before the counted ones.
  private static let warmUpTokens = 20

  /// Generates the most probable tokens after an arbitrary first one.
  ///
  /// - Parameters:
  ///   - model: a causal model, its weights in the format to measure.
  ///   - tokens: the least number of tokens; a full context is begun anew.
  ///   - threads: the number of threads.
  /// - Throws: ``ConfigurationError`` for a masked model; ``OutOfMemory``.
  public init(_ model: LanguageModel, tokens: Int, threads: Int) throws {
    let workers = Workers(threads: threads)
    let memory = try MemoryBenchmark(workers: workers)
    let writer = try GreedyWriter(model, threads: threads)
    try writer.write(Self.warmUpTokens)
    writer.profile.reset()
    let before = writer.traffic.byteCount
    let tokensPerRound = (tokens + Self.rounds - 1) / Self.rounds
    let clock = ContinuousClock()
    var seconds: [Double] = []
    var memoryRates: [Double] = []
    for _ in 0..<Self.rounds {
      memoryRates.append(memory.bytesPerSecond())
      let start = clock.now
      try writer.write(tokensPerRound)
      seconds.append((clock.now - start) / .seconds(1))
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    let count = Self.rounds * tokensPerRound
    tokensPerSecond = Double(tokensPerRound) / median(seconds)
    memoryBytesPerSecond = median(memoryRates)
    bytesPerToken = (writer.traffic.byteCount - before) / count
    weightBytes = model.weightByteCount
    profile = WorkPart.allCases
      .map { ($0, writer.profile.seconds($0) / Double(count)) }.filter { $0.1 > 0 }
  }
}

/// Generates the most probable token again and again.
private final class GreedyWriter {
  let traffic = MemoryTraffic()
  let profile: Profile
  private let decoder: BatchDecoder
  private let configuration: GenerationConfiguration
  private var draft: Draft?

  init(_ model: LanguageModel, threads: Int) throws {
    profile = Profile(traffic: traffic)
    decoder = try BatchDecoder(model: model, capacity: 1, threads: threads, instruments: profile)
    configuration = GenerationConfiguration(
      maximumTokens: model.configuration.contextLength,
      sampling: try SamplingConfiguration(temperature: 0), seed: 0)
  }

  func write(_ count: Int) throws {
    for _ in 0..<count {
      let draft = try draft ?? decoder.begin(after: [0], configuration)
      try decoder.advance([draft])
      self.draft = draft.finishReason == nil ? draft : nil
    }
  }
}
