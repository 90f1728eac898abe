/// Continues a text, several samples at a time, with one cached vector per token and layer.
///
/// The prompt is read once, in blocks, and shared by all samples. When the context is full the
/// later half of it is read again as a new beginning, since positions are absolute.
public final class Generator {
  /// Whether a sample goes on after a token.
  public enum Decision: Sendable {
    case goOn, stop
  }

  private let sampleCount: Int
  private let threads: Int
  private let workers: Workers
  private let cache: KeyValueCache
  private var model: LanguageModel
  private var decoder: Network

  /// The tokens after which weights in single precision are laid out for writing: that takes as
  /// long as it saves in about thirty tokens, and does not depend on how many will be written, so
  /// that a text begins alike whatever its length.
  private static let tokensBeforePacking = 16

  /// Reserves the memory for `samples` texts.
  ///
  /// - Parameters:
  ///   - model: the model that writes, its weights in any format.
  ///   - samples: the number of texts.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``.
  public init(model: LanguageModel, samples: Int, threads: Int) throws(OutOfMemory) {
    self.model = model
    self.threads = threads
    sampleCount = samples
    workers = Workers(count: threads)
    cache = try KeyValueCache(model.configuration, sequences: samples)
    decoder = try Network(
      model, shape: BatchShape(sequences: samples, context: 1), purpose: .inference,
      workers: workers)
  }

  /// Writes after `prompt` in every sample.
  ///
  /// - Parameters:
  ///   - prompt: at least one id; of more than the context has room for, the last ones are read.
  ///   - configuration: what is to be written.
  ///   - forgetting: told when tokens are left behind because the context is full, before the rest
  ///     is read again.
  ///   - observer: told of every token with its sample; decides whether the sample goes on.
  /// - Throws: ``ConfigurationError`` for a masked model, an empty prompt or one that does not fit
  ///   where that is asked for; ``OutOfMemory``; what `observer` throws.
  public func generate(
    after prompt: [Int32], _ configuration: GenerationConfiguration,
    forgetting: () throws -> Void = {},
    observer: (_ sample: Int, _ token: GeneratedToken) throws -> Decision
  ) throws {
    try check(prompt, configuration)
    var writers = (0..<sampleCount).map { TokenWriter(configuration, sample: $0) }
    var texts = [[Int32]](repeating: prompt, count: sampleCount)
    var active = [Bool](repeating: true, count: sampleCount)
    if prompt.count > cache.capacity { try forgetting() }
    var logits = try read(texts.map { Array($0.suffix(cache.capacity)) })
    for round in 0..<configuration.maximumTokens {
      for sample in 0..<sampleCount where active[sample] {
        let token = writers[sample].next(
          logits[sample], text: texts[sample], writtenCount: round)
        texts[sample].append(token.id)
        active[sample] = try observer(sample, token) == .goOn
      }
      guard active.contains(true), round + 1 < configuration.maximumTokens else { return }
      if round + 1 == Self.tokensBeforePacking { try pack() }
      logits = try advance(&texts, active: active, forgetting: forgetting)
    }
  }

  private func check(
    _ prompt: [Int32], _ configuration: GenerationConfiguration
  ) throws(ConfigurationError) {
    try model.configuration.require(.causal)
    guard !prompt.isEmpty else {
      throw ConfigurationError("The prompt is empty; expected at least one token.")
    }
    guard case .isRefused = configuration.overflow else { return }
    guard prompt.count + configuration.maximumTokens <= cache.capacity else {
      throw ConfigurationError(
        """
        The prompt has \(prompt.count) tokens and \(configuration.maximumTokens) may follow, the \
        model's context is \(cache.capacity); shorten the prompt or ask for fewer tokens.
        """)
    }
  }

  /// Lays weights in single precision out for writing.
  private func pack() throws(OutOfMemory) {
    guard model.packed == nil else { return }
    model = try LanguageModel(packing: model, as: .fp32, threads: threads)
    decoder = try Network(
      model, shape: BatchShape(sequences: sampleCount, context: 1), purpose: .inference,
      workers: workers)
  }

  /// The logits after the last token of every text.
  ///
  /// Texts that have ended repeat their last token, so that all stay equally long.
  private func advance(
    _ texts: inout [[Int32]], active: [Bool], forgetting: () throws -> Void
  ) throws -> Matrix {
    for sample in 0..<sampleCount where !active[sample] {
      texts[sample].append(texts[sample][texts[sample].count - 1])
    }
    guard cache.length < cache.capacity else {
      try forgetting()
      return try read(texts.map { Array($0.suffix((cache.capacity + 1) / 2)) })
    }
    let inputs = texts.map { $0[$0.count - 1] }
    return decoder.logits(inputs: inputs, rows: 0..<sampleCount, cache: cache)
  }

  /// Fills the cache with equally long texts; the logits after the last token of each.
  private func read(_ texts: [[Int32]]) throws(OutOfMemory) -> Matrix {
    cache.removeAll()
    let isShared = texts.allSatisfy { $0 == texts[0] }
    let leading = texts.map { Array($0.dropLast()) }
    let readers = isShared ? 1 : sampleCount
    if !leading[0].isEmpty {
      let reader = try Network(
        model, shape: BatchShape(sequences: readers, context: leading[0].count),
        purpose: .inference, workers: workers)
      reader.read(inputs: Array(leading.prefix(readers).joined()), cache: cache)
      if isShared { cache.broadcastFirst() }
    }
    let inputs = texts.map { $0[$0.count - 1] }
    return decoder.logits(inputs: inputs, rows: 0..<sampleCount, cache: cache)
  }
}
