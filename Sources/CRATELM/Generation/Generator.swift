/// Continues a text, several samples at a time, with one cached vector per token and layer.
///
/// The prompt is read once, in blocks, and shared by all samples. When the context is full the
/// later half of it is read again as a new beginning, since positions are absolute.
public final class Generator {
  /// Whether a sample goes on after a token.
  public enum Decision: Sendable {
    case goOn, stop
  }

  private let model: LanguageModel
  private let sampleCount: Int
  private let workers: Workers
  private let cache: KeyValueCache
  private let decoder: Network

  /// Reserves the memory for `samples` texts.
  ///
  /// - Parameters:
  ///   - model: the model that writes.
  ///   - samples: the number of texts.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``.
  public init(model: LanguageModel, samples: Int, threads: Int) throws(OutOfMemory) {
    self.model = model
    sampleCount = samples
    workers = Workers(count: threads)
    cache = try KeyValueCache(model.configuration, sequences: samples)
    decoder = try Network(
      model, shape: BatchShape(sequences: samples, context: 1), purpose: .inference,
      workers: workers)
  }

  /// Writes up to `maximumTokens` tokens after `prompt` in every sample.
  ///
  /// - Parameters:
  ///   - prompt: at least one id, at most the model's context.
  ///   - maximumTokens: the most tokens of a sample.
  ///   - sampling: how tokens are drawn.
  ///   - seed: decides the draws.
  ///   - excluded: ids that are never written.
  ///   - observer: told of every token with its sample; decides whether the sample goes on.
  /// - Throws: ``ConfigurationError`` for a masked model or a prompt that does not fit; what
  ///   `observer` throws.
  public func generate(
    prompt: [Int32], maximumTokens: Int, sampling: SamplingConfiguration, seed: UInt64,
    excluding excluded: [Int32] = [],
    observer: (_ sample: Int, _ token: Int32) throws -> Decision
  ) throws {
    try model.configuration.require(.causal)
    let context = model.configuration.contextLength
    guard !prompt.isEmpty else {
      throw ConfigurationError("The prompt is empty; expected at least one token.")
    }
    guard prompt.count <= context else {
      throw ConfigurationError(
        """
        The prompt has \(prompt.count) tokens, the model's context is \(context); shorten the \
        prompt to at most \(context) tokens.
        """)
    }
    var samplers = (0..<sampleCount).map { Sampler(sampling, seed: seed, sample: $0) }
    var texts = [[Int32]](repeating: prompt, count: sampleCount)
    var active = [Bool](repeating: true, count: sampleCount)
    var logits = try read(texts)
    for round in 0..<maximumTokens {
      for sample in 0..<sampleCount where active[sample] {
        for id in excluded { logits[sample][Int(id)] = -.infinity }
        let token = samplers[sample].next(logits[sample], history: texts[sample])
        texts[sample].append(token)
        active[sample] = try observer(sample, token) == .goOn
      }
      guard active.contains(true), round + 1 < maximumTokens else { return }
      logits = try advance(&texts, active: active)
    }
  }

  /// The logits after the last token of every text.
  ///
  /// Texts that have ended repeat their last token, so that all stay equally long.
  private func advance(_ texts: inout [[Int32]], active: [Bool]) throws(OutOfMemory) -> Matrix {
    for sample in 0..<sampleCount where !active[sample] {
      texts[sample].append(texts[sample][texts[sample].count - 1])
    }
    guard cache.length < cache.capacity else {
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
