import CRATELM
import Parallel
import Testing

/// Models with packed weights against the models in double precision.
@Suite struct StoredWeightsTests {
  private let ids = (0..<Int32(30)).map { $0 * 5 % 23 }

  private func model(_ architecture: Architecture) throws -> LanguageModel {
    let model = try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 3, width: 48, headCount: 3, contextLength: 40,
        vocabularySize: 23),
      seed: 5)
    // Norms that do something, as after training.
    for tensor in model.layout.tensors where tensor.name.contains("norm") {
      let values = model.parameters.values[tensor.slot][0]
      for index in 0..<values.count { values[index] += 0.1 * Float(index % 7 - 3) }
    }
    model.fold()
    return model
  }

  /// The logits of a text, its first `length` tokens read at once, the others one by one.
  private func logits(
    _ model: LanguageModel, readingAtOnce length: Int
  ) throws -> [Float] {
    let cache = try SequenceCache(model, slotCount: 1)
    var found: [Float] = []
    var place = 0
    for count in [length] + [Int](repeating: 1, count: ids.count - length) {
      let network = try Network(
        model, shape: BatchShape(sequences: 1, context: count), purpose: .inference,
        workers: Workers(threads: 2))
      found +=
        network.logits(
          inputs: Array(ids[place..<place + count]), rows: 0..<count,
          continuing: ContinuedSequences(cache, slots: [0])
        ).elements
      cache.extend(0, by: count)
      place += count
    }
    return found
  }

  /// In single precision the layout changes the order of sums only: 10⁻⁶ for each of some ten
  /// operators in a row.
  @Test(arguments: Architecture.allCases, [1, 20])
  func layoutsKeepTheLogits(architecture: Architecture, length: Int) throws {
    let model = try model(architecture)
    let packed = try LanguageModel(packing: model, as: .fp32, threads: 2)
    let expected = ReferenceModel(model).logits(ids).flatMap { $0 }
    #expect(relativeError(try logits(packed, readingAtOnce: length), expected) < 1e-5)
  }

  /// The error of other formats is what their steps make it.
  ///
  /// A weight is off by up to half a step: at most 2⁻⁹ of itself in bfloat16, 1/254 of the largest
  /// of some 48 in integers, which is about three times their root mean square. Uniform errors have
  /// 1/√3 of that on average: 0.11 % and 0.7 % of an output. Of some ten operators in a row the
  /// errors add up as squares do, to below 0.4 % and 2.5 %. A step of ISTA in an overcomplete
  /// dictionary may make an error 1 + η·σ² = 2.8 times as large at initialisation.
  @Test(arguments: Architecture.allCases, [1, 20])
  func formatsChangeTheLogitsLittle(architecture: Architecture, length: Int) throws {
    let model = try model(architecture)
    let expected = ReferenceModel(model).logits(ids).flatMap { $0 }
    let growth = [.crateOvercomplete, .crateAlpha].contains(architecture) ? 2.8 : 1
    for (format, bound) in [(NumberFormat.bf16, 0.004), (.int8, 0.025)] {
      let packed = try LanguageModel(packing: model, as: format, threads: 2)
      let error = relativeError(try logits(packed, readingAtOnce: length), expected)
      #expect(error < growth * bound && error > 1e-5, "\(format): \(error)")
    }
  }

  /// Packing does not depend on the number of threads.
  @Test(arguments: NumberFormat.allCases) func threadsDoNotMatter(format: NumberFormat) throws {
    let model = try model(.crate)
    let packed = try [1, 4].map { try LanguageModel(packing: model, as: format, threads: $0) }
    #expect(
      try logits(packed[0], readingAtOnce: 20) == logits(packed[1], readingAtOnce: 20))
  }
}
