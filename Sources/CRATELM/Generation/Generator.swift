import Parallel

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
  private let cache: SequenceCache
  /// What every text begins with.
  private let beginning: Stage
  /// What it goes on with after ``tokensBeforePacking``, once that was needed.
  private var packed: Stage?
  /// The one of them that is at work.
  private var stage: Stage

  /// A model, and the network that takes one token of every sample through it.
  private struct Stage {
    let model: LanguageModel
    /// Whether products use what is folded from the parameters, as those of packed weights do.
    ///
    /// Others do not, even if it is there already: a text depends on nothing done before.
    let isFolded: Bool
    let decoder: Network

    init(_ model: LanguageModel, samples: Int, workers: Workers) throws(OutOfMemory) {
      self.model = model
      isFolded = model.packed != nil
      decoder = try Network(
        model, shape: BatchShape(sequences: samples, context: 1), purpose: .inference,
        workers: workers, isFolded: isFolded)
    }
  }

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
    self.threads = threads
    sampleCount = samples
    workers = Workers(threads: threads)
    cache = try SequenceCache(model, sequences: samples)
    beginning = try Stage(model, samples: samples, workers: workers)
    stage = beginning
  }

  /// Writes after `prompt` in every sample.
  ///
  /// - Parameters:
  ///   - prompt: at least one id; of more than the context has room for, the last ones are read.
  ///   - configuration: what is to be written.
  ///   - forgetting: told when tokens are left behind because the context is full, before the rest
  ///     is read again.
  ///   - observer: told of every token with its sample; decides whether the sample goes on. An end
  ///     of text ends it in any case.
  /// - Throws: ``ConfigurationError`` for a masked model, an empty prompt or one that does not fit
  ///   where that is asked for; ``OutOfMemory``; what `observer` throws.
  public func generate(
    after prompt: [Int32], _ configuration: GenerationConfiguration,
    forgetting: () throws -> Void = {},
    observer: (_ sample: Int, _ token: GeneratedToken) throws -> Decision
  ) throws {
    try check(prompt, configuration)
    stage = beginning
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
        let decision = try observer(sample, token)
        active[sample] = decision == .goOn && token.id != configuration.endOfText
      }
      guard active.contains(true), round + 1 < configuration.maximumTokens else { return }
      if round + 1 == Self.tokensBeforePacking { try pack() }
      logits = try advance(&texts, active: active, forgetting: forgetting)
    }
  }

  /// Makes sure that `prompt` can be continued as asked for.
  ///
  /// - Throws: ``ConfigurationError``, as ``generate(after:_:forgetting:observer:)`` does.
  public func check(
    _ prompt: [Int32], _ configuration: GenerationConfiguration
  ) throws(ConfigurationError) {
    try beginning.model.configuration.require(.causal)
    guard !prompt.isEmpty else {
      throw ConfigurationError("The prompt is empty; expected at least one token.")
    }
    guard case .isRefused = configuration.overflow else { return }
    guard configuration.maximumTokens <= cache.capacity - prompt.count else {
      throw ConfigurationError(
        """
        The prompt has \(prompt.count) tokens and \(configuration.maximumTokens) may follow, the \
        model's context is \(cache.capacity); shorten the prompt or ask for fewer tokens.
        """)
    }
  }

  /// Goes on with weights in single precision that are laid out for writing.
  private func pack() throws(OutOfMemory) {
    guard beginning.model.packed == nil else { return }
    let next: Stage
    if let packed {
      next = packed
    } else {
      let model = try LanguageModel(packing: beginning.model, as: .fp32, threads: threads)
      next = try Stage(model, samples: sampleCount, workers: workers)
    }
    (packed, stage) = (next, next)
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
    return stage.decoder.logits(inputs: inputs, rows: 0..<sampleCount, cache: cache)
  }

  /// Fills the cache with equally long texts, one after the other, so that the memory for it does
  /// not grow with their number; the logits after the last token of each.
  private func read(_ texts: [[Int32]]) throws(OutOfMemory) -> Matrix {
    let leading = texts.map { Array($0.dropLast()) }
    cache.removeAll()
    if !leading[0].isEmpty {
      let isShared = texts.allSatisfy { $0 == texts[0] }
      let reader = try Network(
        stage.model, shape: BatchShape(sequences: 1, context: leading[0].count),
        purpose: .inference, workers: workers, isFolded: stage.isFolded)
      for sequence in isShared ? 0..<1 : 0..<sampleCount {
        cache.removeAll()
        reader.read(inputs: leading[sequence], cache: cache, from: sequence)
      }
      if isShared { cache.broadcastFirst() }
    }
    let inputs = texts.map { $0[$0.count - 1] }
    return stage.decoder.logits(inputs: inputs, rows: 0..<sampleCount, cache: cache)
  }
}
