import Parallel
import Storage

/// Generates texts side by side, each with its own prompt, length, sampler and end.
///
/// ``begin(after:_:sample:endsIf:forgetting:)`` reads a prompt into a free slot;
/// ``advance(_:forgetting:)`` generates one token of each given draft. Model, configuration, sample
/// number and prompt alone decide a text: others may begin, pause and end at any time and change no
/// bit of it.
///
/// If the context is full, the later half of a text is read again as a new beginning, since
/// positions are absolute. The decoder reserves the memory of activations and of all slots when it
/// is made. Only one call may run at a time.
public final class BatchDecoder {
  private let threads: Int
  private let cache: SequenceCache
  /// The draft in each slot.
  private var drafts: [Draft?]
  /// The stage for the beginning of every text.
  private let beginning: Stage
  /// The stage after ``tokensBeforePacking`` tokens; `nil` until a text needs it.
  private var packed: Stage?
  private let steering: Steering?
  /// What makes the changes of `steering`.
  private let interventions: Interventions?

  /// Networks with the weights in one layout.
  private final class Stage {
    /// Reads one token of each draft in a batch.
    let decoder: Network
    /// Reads many tokens of one draft.
    let reader: Network

    init(decoder: Network, reader: Network) {
      (self.decoder, self.reader) = (decoder, reader)
    }
  }

  /// The tokens of a text before its weights in single precision are packed.
  ///
  /// Packing takes the time that it saves in about thirty tokens. The number is fixed, so that a
  /// text begins alike whatever its length.
  private static let tokensBeforePacking = 16

  /// Reserves the memory for `capacity` texts at a time.
  ///
  /// - Parameters:
  ///   - model: a causal model, its weights in any format.
  ///   - capacity: the number of slots, 1 or more.
  ///   - threads: the number of threads.
  ///   - steering: the changes of units in every text, if any.
  /// - Throws: ``ConfigurationError`` for a masked model, no slot or a change that the model does
  ///   not allow, ``OutOfMemory``.
  public convenience init(
    model: LanguageModel, capacity: Int, threads: Int, steering: Steering? = nil
  ) throws {
    try self.init(
      model: model, capacity: capacity, threads: threads, steering: steering, instruments: nil)
  }

  /// A decoder with `instruments` as the observer of every pass, if it does not steer.
  package init(
    model: LanguageModel, capacity: Int, threads: Int, steering: Steering? = nil,
    instruments: (any Instruments)?
  ) throws {
    try model.configuration.require(.causal)
    if let steering { try model.configuration.require(steering) }
    guard capacity > 0 else {
      throw ConfigurationError("The decoder has \(capacity) slots; expected 1 or more.")
    }
    let workers = Workers(threads: threads)
    let interventions = steering.map { Interventions($0.interventions) }
    (self.steering, self.interventions) = (steering, interventions)
    func network(_ shape: BatchShape) throws(OutOfMemory) -> Network {
      // Only packed weights use folded values, even if these are up to date already: a text must
      // not depend on earlier work.
      try Network(
        model, shape: shape, purpose: .inference, workers: workers,
        isFolded: model.packed != nil, instruments: interventions ?? instruments)
    }
    self.threads = threads
    drafts = [Draft?](repeating: nil, count: capacity)
    cache = try SequenceCache(model, slotCount: capacity)
    beginning = Stage(
      decoder: try network(BatchShape(sequences: capacity, context: 1)),
      reader: try network(BatchShape(sequences: 1, context: cache.contextLength)))
  }

  /// The number of free slots.
  public var freeSlotCount: Int { drafts.count { $0 == nil } }

  /// The tokens that the changes of steering were made at so far.
  ///
  /// Texts with the same prompt share its reading; tokens that are read again when the context is
  /// full count again.
  public var steeredPositionCount: Int { interventions?.positionCount ?? 0 }

  /// Begins a text: reads its prompt, or copies the cache of a draft with the same prompt.
  ///
  /// - Parameters:
  ///   - prompt: at least one id; a prompt longer than the context counts with its last ids.
  ///   - configuration: the options of generation.
  ///   - sample: the number of the sample; with the seed it decides the draws.
  ///   - stopRule: called with every token; ends the text if it returns true.
  ///   - forgetting: called before reading a prompt longer than the context.
  /// - Returns: the draft, which has its slot until it ends or is removed.
  /// - Throws: ``DecoderError/noFreeSlot(capacity:)``; the errors of ``check(_:_:)`` and
  ///   `forgetting`.
  public func begin(
    after prompt: [Int32], _ configuration: GenerationConfiguration, sample: Int = 0,
    endsIf stopRule: @escaping Draft.StopRule = { _, _ in false },
    forgetting: () throws -> Void = {}
  ) throws -> Draft {
    try check(prompt, configuration)
    guard let slot = drafts.firstIndex(where: { $0 == nil }) else {
      throw DecoderError.noFreeSlot(capacity: drafts.count)
    }
    if prompt.count > cache.contextLength { try forgetting() }
    let twin = drafts.firstIndex { $0?.holdsPrompt == true && $0?.continues(prompt) == true }
    let seen = prompt.suffix(cache.contextLength)
    if let twin {
      cache.copy(seen.count - 1, from: twin, to: slot)
    } else {
      read(seen, afterPromptOf: prompt.count, to: slot, by: beginning)
    }
    let draft = Draft(prompt, configuration, sample: sample, stopRule: stopRule)
    draft.slot = slot
    drafts[slot] = draft
    return draft
  }

  /// Generates one token of every draft in `drafts`, in one pass for each layout of the weights.
  ///
  /// An error of a stop rule comes after all drafts have their tokens and ends; the draft of that
  /// rule goes on, unless it has ended by itself. After any other error no draft has a new token.
  ///
  /// - Parameters:
  ///   - drafts: unfinished drafts of this decoder, each once.
  ///   - forgetting: called with a draft if its context is full, before its later half is reread.
  /// - Returns: the token of each draft. A draft that ends with it has its
  ///   ``Draft/finishReason`` and has given up its slot.
  /// - Throws: ``DecoderError/notAtWork``, ``OutOfMemory``; the errors of `forgetting` and of stop
  ///   rules.
  @discardableResult
  public func advance(
    _ drafts: [Draft], forgetting: (_ draft: Draft) throws -> Void = { _ in }
  ) throws -> [GeneratedToken] {
    let slots = try slots(of: drafts)
    let stages = try drafts.map(stage)
    for (index, slot) in slots.enumerated() where cache.lengths[slot] == cache.contextLength {
      try forgetting(drafts[index])
      drafts[index].holdsPrompt = false
      read(
        drafts[index].ids.suffix((cache.contextLength + 1) / 2),
        afterPromptOf: drafts[index].promptCount, to: slot, by: stages[index])
    }
    var tokens = [GeneratedToken?](repeating: nil, count: drafts.count)
    for stage in [beginning, packed].compactMap(\.self) {
      let members = drafts.indices.filter { stages[$0] === stage }
      guard !members.isEmpty else { continue }
      interventions?.rows = nil
      let logits = stage.decoder.logits(
        inputs: members.map { drafts[$0].ids[drafts[$0].ids.count - 1] }, rows: 0..<members.count,
        continuing: ContinuedSequences(cache, slots: members.map { slots[$0] }))
      for (row, index) in members.enumerated() {
        cache.extend(slots[index], by: 1)
        tokens[index] = drafts[index].write(logits[row])
      }
    }
    let written = tokens.compactMap(\.self)
    try settle(drafts, written)
    return written
  }

  /// Gives up the slot of `draft`, if it has one here.
  public func remove(_ draft: Draft) {
    guard let slot = slot(of: draft) else { return }
    drafts[slot] = nil
    draft.slot = nil
  }

  /// Checks that `prompt` can be continued with `configuration`.
  ///
  /// - Throws: ``ConfigurationError`` for an empty prompt, an id outside the vocabulary, no token
  ///   to generate, or a text longer than the context if ``ContextOverflow/isRefused``.
  public func check(
    _ prompt: [Int32], _ configuration: GenerationConfiguration
  ) throws(ConfigurationError) {
    let contextLength = cache.contextLength
    guard !prompt.isEmpty else {
      throw ConfigurationError("The prompt is empty; expected at least one token.")
    }
    try beginning.decoder.model.require(prompt)
    try beginning.decoder.model.require(configuration.namedIDs)
    guard configuration.maximumTokens > 0 else {
      throw ConfigurationError(
        "The most tokens to write are \(configuration.maximumTokens); expected 1 or more.")
    }
    if let count = configuration.alternativeCount, count < 0 {
      throw ConfigurationError("The number of alternatives is \(count); expected 0 or more.")
    }
    guard case .isRefused = configuration.overflow else { return }
    guard configuration.maximumTokens <= contextLength - prompt.count else {
      throw ConfigurationError(
        """
        The prompt has \(prompt.count.counting("token")) and \(configuration.maximumTokens) may \
        follow, the model's context is \(contextLength); shorten the prompt or ask for fewer \
        tokens.
        """)
    }
  }

  /// Generates several texts after one prompt, one token of each at a time.
  ///
  /// - Parameters:
  ///   - prompt: the prompt, as in ``begin(after:_:sample:endsIf:forgetting:)``.
  ///   - configuration: the options of generation.
  ///   - samples: the number of texts, at most the free slots.
  ///   - stopRule: called with every token; ends the text if it returns true.
  ///   - forgetting: called if the context of a text is full, before its later half is read again.
  /// - Returns: the texts, all ended.
  /// - Throws: the errors of ``begin(after:_:sample:endsIf:forgetting:)`` and
  ///   ``advance(_:forgetting:)``.
  @discardableResult
  public func generate(
    after prompt: [Int32], _ configuration: GenerationConfiguration, samples: Int = 1,
    endsIf stopRule: @escaping Draft.StopRule = { _, _ in false },
    forgetting: () throws -> Void = {}
  ) throws -> [Draft] {
    var drafts: [Draft] = []
    defer { drafts.forEach(remove) }
    for sample in 0..<samples {
      drafts.append(
        try begin(
          after: prompt, configuration, sample: sample, endsIf: stopRule, forgetting: forgetting))
    }
    var active = drafts
    while !active.isEmpty {
      try advance(active) { _ in try forgetting() }
      active.removeAll { $0.finishReason != nil }
    }
    return drafts
  }
}

extension BatchDecoder {
  /// The stage for the next token of a draft.
  private func stage(_ draft: Draft) throws(OutOfMemory) -> Stage {
    let plain = beginning.decoder.model
    guard plain.packed == nil, draft.writtenCount >= Self.tokensBeforePacking else {
      return beginning
    }
    if let packed { return packed }
    let model = try LanguageModel(packing: plain, as: .fp32, threads: threads)
    let stage = Stage(
      decoder: Network(model, sharingMemoryOf: beginning.decoder),
      reader: Network(model, sharingMemoryOf: beginning.reader))
    packed = stage
    return stage
  }

  /// Reads all `ids`, the end of a text with a prompt of `promptCount`, but the last into `slot`.
  private func read(
    _ ids: ArraySlice<Int32>, afterPromptOf promptCount: Int, to slot: Int, by stage: Stage
  ) {
    let inputs = Array(ids.dropLast())
    cache.clear(slot)
    guard !inputs.isEmpty else { return }
    interventions?.rows = steering?.rows(of: ids.dropLast().indices, promptCount: promptCount)
    stage.reader.read(inputs: inputs, continuing: ContinuedSequences(cache, slots: [slot]))
    cache.extend(slot, by: inputs.count)
  }

  /// The slot of an unfinished draft of this decoder; `nil` for any other.
  private func slot(of draft: Draft) -> Int? {
    draft.slot.flatMap { $0 < drafts.count && drafts[$0] === draft ? $0 : nil }
  }

  private func slots(of drafts: [Draft]) throws(DecoderError) -> [Int] {
    let slots = drafts.compactMap(slot)
    guard slots.count == drafts.count, Set(slots).count == drafts.count else { throw .notAtWork }
    return slots
  }

  /// Ends the drafts that end with their last tokens.
  ///
  /// - Throws: the first error of a stop rule, after calling all of them.
  private func settle(_ drafts: [Draft], _ tokens: [GeneratedToken]) throws {
    var failure: (any Error)?
    for (draft, token) in zip(drafts, tokens) {
      do { try draft.settle(token) } catch { failure = failure ?? error }
      if draft.finishReason != nil { remove(draft) }
    }
    if let failure { throw failure }
  }
}
