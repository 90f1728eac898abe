import CRATELM
import Testing

@Suite struct GeneratorTests {
  private let context = 40
  private let vocabulary = 23
  private let model: LanguageModel

  init() throws {
    model = try LanguageModel(
      ModelConfiguration(
        depth: 2, width: 24, headCount: 3, contextLength: context, vocabularySize: vocabulary),
      seed: 5)
    // Sharper than at initialisation, so that the most probable token is clear.
    let embedding = model.parameters.values[model.layout.tensors[0].slot]
    for row in 0..<embedding.rows {
      for column in 0..<embedding.columns { embedding[row][column] *= 30 }
    }
  }

  private func text(
    _ prompt: [Int32], _ count: Int, samples: Int = 1, seed: UInt64 = 1, threads: Int = 2,
    sampling: SamplingConfiguration? = nil
  ) throws -> [[Int32]] {
    let generator = try Generator(model: model, samples: samples, threads: threads)
    var texts = [[Int32]](repeating: [], count: samples)
    try generator.generate(
      prompt: prompt, maximumTokens: count,
      sampling: sampling ?? SamplingConfiguration(temperature: 0), seed: seed
    ) { sample, token in
      texts[sample].append(token)
      return .goOn
    }
    return texts
  }

  /// The logits of a text continued token by token are those of the text read at once.
  ///
  /// Products of other shapes add in another order: single precision leaves 10⁻⁶.
  @Test func cachedLogitsEqualUncached() throws {
    let ids = (0..<Int32(context)).map { $0 * 5 % Int32(vocabulary) }
    let workers = Workers(count: 2)
    let whole = try Network(
      model, shape: BatchShape(sequences: 1, context: context), purpose: .inference,
      workers: workers)
    let expected = whole.logits(inputs: ids, rows: 0..<context, cache: nil).elements
    let cache = try KeyValueCache(model.configuration, sequences: 1)
    var found: [Float] = []
    var place = 0
    for length in [7, 1, 1, 20, 1, 10] {
      let network = try Network(
        model, shape: BatchShape(sequences: 1, context: length), purpose: .inference,
        workers: workers)
      found +=
        network.logits(
          inputs: Array(ids[place..<place + length]), rows: 0..<length, cache: cache
        ).elements
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
        workers: Workers(count: 1))
      let last = ids.count - 1
      let logits = network.logits(inputs: ids, rows: last..<last + 1, cache: nil).elements
      ids.append(Int32(logits.firstIndex(of: logits.max() ?? 0) ?? 0))
    }
    #expect(prompt + generated == ids)
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

  @Test func promptsThatDoNotFitAreRefused() {
    #expect(throws: ConfigurationError.self) { try text([], 1) }
    #expect(throws: ConfigurationError.self) {
      try text([Int32](repeating: 1, count: context + 1), 1)
    }
    #expect(throws: Never.self) { try text([Int32](repeating: 1, count: context), 1) }
  }
}
