import CRATELM
import Glibc
import Parallel
import Testing

@Suite struct BatchDecoderTests {
  private let context = 40
  private let vocabulary = 23
  private let model: LanguageModel

  init() throws {
    model = try LanguageModel(
      Self.shape(.crate, context: context, vocabulary: vocabulary), seed: 5)
    // Sharper than at initialisation, so that the most probable token is clear.
    let embedding = model.parameters.values[model.layout.tensors[0].slot]
    for row in 0..<embedding.rows {
      for column in 0..<embedding.columns { embedding[row][column] *= 30 }
    }
  }

  private static func shape(
    _ architecture: Architecture, context: Int, vocabulary: Int
  ) throws -> ModelConfiguration {
    try ModelConfiguration(
      architecture: architecture, depth: 2, width: 24, headCount: 3, contextLength: context,
      vocabularySize: vocabulary)
  }

  private func text(
    _ prompt: [Int32], _ count: Int, samples: Int = 1, seed: UInt64 = 1, threads: Int = 2,
    sampling: SamplingConfiguration? = nil, format: NumberFormat? = nil,
    configure: (inout GenerationConfiguration) -> Void = { _ in }
  ) throws -> [[Int32]] {
    let packed = try format.map { try LanguageModel(packing: model, as: $0, threads: threads) }
    let decoder = try BatchDecoder(model: packed ?? model, capacity: samples, threads: threads)
    var configuration = GenerationConfiguration(
      maximumTokens: count, sampling: try sampling ?? SamplingConfiguration(temperature: 0),
      seed: seed)
    configure(&configuration)
    return try decoder.generate(after: prompt, configuration, samples: samples)
      .map { Array($0.writtenIDs) }
  }

  /// The logits of a text continued token by token are those of the text read at once.
  ///
  /// Products of other shapes add in another order: single precision leaves 10⁻⁶.
  @Test(arguments: Architecture.allCases)
  func cachedLogitsEqualUncached(architecture: Architecture) throws {
    let model = try LanguageModel(
      Self.shape(architecture, context: context, vocabulary: vocabulary), seed: 5)
    let ids = (0..<Int32(context)).map { $0 * 5 % Int32(vocabulary) }
    let workers = Workers(threads: 2)
    let whole = try Network(
      model, shape: BatchShape(sequences: 1, context: context), purpose: .inference,
      workers: workers)
    let expected = whole.logits(inputs: ids, rows: 0..<context).elements
    let cache = try SequenceCache(model, slotCount: 1)
    var found: [Float] = []
    var place = 0
    for length in [7, 1, 1, 20, 1, 10] {
      let network = try Network(
        model, shape: BatchShape(sequences: 1, context: length), purpose: .inference,
        workers: workers)
      found +=
        network.logits(
          inputs: Array(ids[place..<place + length]), rows: 0..<length,
          continuing: ContinuedSequences(cache, slots: [0])
        ).elements
      cache.extend(0, by: length)
      place += length
    }
    #expect(relativeError(found, expected) < 1e-5)
  }

  /// Greedy text from the cache is what reading everything anew for each token gives.
  @Test(arguments: [[3], [1, 2, 3, 4, 5]] as [[Int32]])
  func cachedTextEqualsUncached(prompt: [Int32]) throws {
    let generated = try text(prompt, context - prompt.count)[0]
    var ids = prompt
    while ids.count < context {
      let network = try Network(
        model, shape: BatchShape(sequences: 1, context: ids.count), purpose: .inference,
        workers: Workers(threads: 1))
      let last = ids.count - 1
      let logits = network.logits(inputs: ids, rows: last..<last + 1).elements
      ids.append(Int32(logits.firstIndex(of: logits.max() ?? 0) ?? 0))
    }
    #expect(prompt + generated == ids)
  }

  /// A sample ends with the first of its ends of text, which is its last token; others go on.
  @Test func endOfTextEndsASample() throws {
    let sampling = try SamplingConfiguration(temperature: 1.3)
    let whole = try text([1, 2], 30, samples: 4, seed: 9, sampling: sampling)
    let ends = [whole[0][7], whole[1][4]]
    let ended = try text([1, 2], 30, samples: 4, seed: 9, sampling: sampling) {
      $0.endsOfText = ends
    }
    for (sample, text) in whole.enumerated() {
      let length = text.firstIndex(where: ends.contains).map { $0 + 1 } ?? 30
      #expect(ended[sample] == Array(text.prefix(length)))
    }
  }

  /// Beyond the context the later half of the text is read again.
  @Test func goesOnBeyondTheContext() throws {
    let count = 3 * context
    let generated = try text([1], count)[0]
    #expect(generated.count == count)
    let resumed = try text(Array(([1] + generated)[(context + 1 - context / 2)...context]), 5)[0]
    #expect(Array(generated[context..<context + 5]) == resumed)
  }

  @Test func samplesDoNotDependOnThreadsOrOnEachOther() throws {
    let sampling = try SamplingConfiguration(temperature: 1.3)
    let four = try text([1, 2], 30, samples: 4, seed: 9, sampling: sampling)
    #expect(try text([1, 2], 30, samples: 4, seed: 9, threads: 1, sampling: sampling) == four)
    #expect(try text([1, 2], 30, samples: 1, seed: 9, sampling: sampling)[0] == four[0])
    #expect(Set(four).count == 4)
    #expect(try text([1, 2], 30, samples: 4, seed: 10, sampling: sampling) != four)
  }

  @Test(arguments: NumberFormat.allCases)
  func textDoesNotDependOnThreads(format: NumberFormat) throws {
    let sampling = try SamplingConfiguration(temperature: 1.2, topK: 12, topP: 0.9)
    let texts = try [1, 2, 5].map {
      try text([3, 1], 60, samples: 2, seed: 4, threads: $0, sampling: sampling, format: format)
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] == texts[2])
  }

  /// A shorter text is the beginning of a longer one, wherever weights are laid out anew.
  @Test func lengthDoesNotChangeTheBeginning() throws {
    let sampling = try SamplingConfiguration(temperature: 1.2)
    let whole = try text([3, 1], 35, seed: 4, sampling: sampling)[0]
    for count in [1, 15, 16, 17, 30] {
      #expect(try text([3, 1], count, seed: 4, sampling: sampling)[0] == Array(whole[..<count]))
    }
  }

  @Test func promptsThatDoNotFitAreRefusedWhereAskedFor() throws {
    for prompt in [[], [-1], [Int32(vocabulary)]] as [[Int32]] {
      #expect(throws: ConfigurationError.self) { try text(prompt, 1) }
    }
    #expect(throws: ConfigurationError.self) { try text([1], 0) }
    #expect(throws: ConfigurationError.self) { try text([1], 1) { $0.excluded = [-1] } }
    func strict(_ promptCount: Int, _ count: Int) throws {
      _ = try text([Int32](repeating: 1, count: promptCount), count) { $0.overflow = .isRefused }
    }
    #expect(throws: ConfigurationError.self) { try strict(context, 1) }
    #expect(throws: ConfigurationError.self) { try strict(1, context) }
    #expect(throws: Never.self) { try strict(context - 1, 1) }
  }

  /// Of a prompt beyond the context its end is read, and the caller is told.
  @Test func longPromptsAreCutAtTheBeginning() throws {
    let prompt = (0..<Int32(2 * context)).map { $0 * 7 % Int32(vocabulary) }
    #expect(try text(prompt, 5) == text(Array(prompt.suffix(context)), 5))
    let decoder = try BatchDecoder(model: model, capacity: 1, threads: 1)
    let sampling = try SamplingConfiguration(temperature: 0)
    for (prompt, count, expected) in [([1], context, 0), ([1], context + 1, 1), (prompt, 1, 1)] {
      var forgot = 0
      try decoder.generate(
        after: prompt,
        GenerationConfiguration(maximumTokens: count, sampling: sampling, seed: 1),
        forgetting: { forgot += 1 })
      #expect(forgot == expected)
    }
  }

  @Test func tokensMayBeForbidden() throws {
    func write(_ configure: (inout GenerationConfiguration) -> Void = { _ in }) throws -> [Int32] {
      let sampling = try SamplingConfiguration(temperature: 1.1)
      return try text([1, 2], 30, sampling: sampling, configure: configure)[0]
    }
    let free = try write()
    #expect(try !write { $0.bannedSequences = [[free[0]]] }.contains(free[0]))
    let pair = Array(free[3...4])
    let parted = try write { $0.bannedSequences = [pair] }
    #expect(!zip(parted, parted.dropFirst()).contains { [$0, $1] == pair })
    let late = try write { ($0.endsOfText, $0.minimumTokens) = ([free[0]], 6) }
    #expect(!late[..<6].contains(free[0]))
    #expect(try write { $0.endsOfText = [free[0]] } == [free[0]])
  }

  /// Logarithms of probabilities are those of the model, whatever is forbidden or sampled.
  @Test func judgementsAreTheModels() throws {
    let decoder = try BatchDecoder(model: model, capacity: 1, threads: 2)
    var configuration = GenerationConfiguration(
      maximumTokens: 12, sampling: try SamplingConfiguration(temperature: 2, topK: 5), seed: 3)
    configuration.alternativeCount = 4
    configuration.bannedSequences = [[7]]
    var tokens: [GeneratedToken] = []
    try decoder.generate(after: [1, 2], configuration) { _, token in
      tokens.append(token)
      return false
    }
    let ids = [1, 2] + tokens.map(\.id)
    let logits = ReferenceModel(model).logits(ids)
    for (place, token) in tokens.enumerated() {
      let probabilities = Reference.softmax(logits[place + 1])
      let judgement = try #require(token.judgement)
      let order = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
      #expect(judgement.alternatives.map(\.id) == order.prefix(4).map { Int32($0) })
      let judged = judgement.alternatives.map { ($0.id, $0.logProbability) }
      for (id, found) in judged + [(token.id, judgement.logProbability)] {
        #expect(abs(found - log(probabilities[Int(id)])) < 1e-4)
      }
    }
  }
}
