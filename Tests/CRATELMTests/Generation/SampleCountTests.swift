import CRATELM
import Parallel
import Testing

/// What a sample is does not depend on how many others are written with it, to the bit.
@Suite struct SampleCountTests {
  private static let vocabulary: Int32 = 23

  private func model(_ architecture: Architecture) throws -> LanguageModel {
    let model = try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 3, width: 36, headCount: 3, contextLength: 32,
        vocabularySize: Int(Self.vocabulary)),
      seed: 8)
    // Norms that do something, as after training.
    for tensor in model.layout.tensors where tensor.name.contains("norm") {
      let values = model.parameters.values[tensor.slot][0]
      for index in 0..<values.count { values[index] += 0.1 * Float(index % 7 - 3) }
    }
    return model
  }

  /// The logits of the first of `count` sequences, of which each has tokens of its own.
  private func logits(
    _ model: LanguageModel, among count: Int, isFolded: Bool = true
  ) throws -> [UInt32] {
    let network = try Network(
      model, shape: BatchShape(sequences: count, context: 1), purpose: .inference,
      workers: Workers(threads: 2), isFolded: isFolded)
    let cache = try SequenceCache(model, slotCount: count)
    return (0..<Int32(12)).flatMap { place in
      let ids = (0..<Int32(count)).map { (place * 5 + $0 * 7) % Self.vocabulary }
      let logits = network.logits(
        inputs: ids, rows: 0..<count, continuing: ContinuedSequences(cache, slots: Array(0..<count))
      )
      for slot in 0..<count { cache.extend(slot, by: 1) }
      return logits.rows(0..<1).elements.map(\.bitPattern)
    }
  }

  /// Few, as many as make a product of matrices elsewhere, and more than a block of rows.
  @Test(arguments: Architecture.allCases) func logitsAreTheSameBits(
    architecture: Architecture
  ) throws {
    let plain = try model(architecture)
    plain.fold()
    for isFolded in [false, true] {
      let alone = try logits(plain, among: 1, isFolded: isFolded)
      for count in [3, 20, 300] {
        #expect(try logits(plain, among: count, isFolded: isFolded) == alone)
      }
    }
    for format in NumberFormat.allCases {
      let packed = try LanguageModel(packing: plain, as: format, threads: 2)
      let alone = try logits(packed, among: 1)
      for count in [3, 20, 300] {
        #expect(try logits(packed, among: count) == alone, "\(format), \(count) sequences")
      }
    }
  }

  /// A text beyond the context and beyond where weights are laid out anew.
  @Test(arguments: Architecture.allCases) func textIsTheSame(architecture: Architecture) throws {
    let model = try model(architecture)
    let packed = try LanguageModel(packing: model, as: .int8, threads: 2)
    for model in [model, packed] {
      func first(of count: Int) throws -> [GeneratedToken] {
        var tokens: [GeneratedToken] = []
        var configuration = GenerationConfiguration(
          maximumTokens: 40, sampling: try SamplingConfiguration(temperature: 1.2), seed: 6)
        configuration.alternativeCount = Int(Self.vocabulary)
        try BatchDecoder(model: model, capacity: count, threads: 2).generate(
          after: [4, 1, 7], configuration, samples: count
        ) { draft, token in
          if draft.sample == 0 { tokens.append(token) }
          return false
        }
        return tokens
      }
      let alone = try first(of: 1)
      for count in [3, 20] {
        let among = try first(of: count)
        #expect(among.map(\.id) == alone.map(\.id))
        #expect(
          among.map { $0.judgement?.alternatives.map(\.logProbability) }
            == alone.map { $0.judgement?.alternatives.map(\.logProbability) })
      }
    }
  }
}
