import CRATELM
import Testing

/// What a draft becomes does not depend on the drafts beside it, to the bit, and each ends by itself.
@Suite struct DraftTests {
  private static let vocabulary: Int32 = 23
  private static let context = 32

  /// How weights lie: in single precision as they are trained, or packed in a format.
  enum Layout: CaseIterable {
    case trained, fp32, bf16, int8

    fileprivate func model(of model: LanguageModel) throws -> LanguageModel {
      let format: NumberFormat? =
        switch self {
        case .trained: nil
        case .fp32: .fp32
        case .bf16: .bf16
        case .int8: .int8
        }
      return try format.map { try LanguageModel(packing: model, as: $0, threads: 2) } ?? model
    }
  }

  /// A text, and when it is in the company of others.
  private struct Plan {
    let prompt: [Int32]
    let count: Int
    var sample = 0
    /// The round before which it begins.
    var start = 0
    /// The tokens after which it is given up.
    var leavesAfter: Int?
  }

  /// Contexts become full before and behind the sixteenth token, at which weights in single
  /// precision are laid out anew, or with the prompt already; two drafts share their prompt with one
  /// that has gone on, one of them after that has read its later half again.
  private static let plans = [
    Plan(prompt: ids(5), count: 60),
    Plan(prompt: ids(27), count: 24, sample: 1),
    Plan(prompt: [3], count: 50, sample: 2, start: 4, leavesAfter: 9),
    Plan(prompt: ids(5), count: 20, sample: 3, start: 7),
    Plan(prompt: ids(45), count: 12, sample: 4, start: 16),
    Plan(prompt: ids(20), count: 30, sample: 5, start: 18),
    Plan(prompt: ids(5), count: 18, sample: 6, start: 42),
  ]

  private static func ids(_ count: Int32) -> [Int32] { (0..<count).map { $0 * 7 % vocabulary } }

  private static func model(_ architecture: Architecture) throws -> LanguageModel {
    let model = try LanguageModel(
      ModelConfiguration(
        architecture: architecture, depth: 2, width: 36, headCount: 3, contextLength: context,
        vocabularySize: Int(vocabulary)),
      seed: 8)
    for tensor in model.layout.tensors where tensor.name.contains("norm") {
      let values = model.parameters.values[tensor.slot][0]
      for index in 0..<values.count { values[index] += 0.1 * Float(index % 7 - 3) }
    }
    return model
  }

  private static func configuration(_ count: Int) throws -> GenerationConfiguration {
    var configuration = GenerationConfiguration(
      maximumTokens: count, sampling: try SamplingConfiguration(temperature: 1.2), seed: 6)
    configuration.alternativeCount = Int(vocabulary)
    return configuration
  }

  /// The tokens of every plan, all of them by one decoder; in every round one draft waits.
  private static func together(_ model: LanguageModel, threads: Int) throws -> [[GeneratedToken]] {
    let decoder = try BatchDecoder(model: model, capacity: 5, threads: threads)
    var tokens = [[GeneratedToken]](repeating: [], count: plans.count)
    var active: [(plan: Int, draft: Draft)] = []
    var round = 0
    repeat {
      for (index, plan) in plans.enumerated() where plan.start == round {
        let draft = try decoder.begin(
          after: plan.prompt, configuration(plan.count), sample: plan.sample)
        active.append((index, draft))
      }
      let chosen = active.filter { active.count == 1 || $0.plan != round % plans.count }
      let written = try decoder.advance(chosen.map(\.draft))
      for (place, token) in zip(chosen, written) { tokens[place.plan].append(token) }
      for place in active where tokens[place.plan].count == plans[place.plan].leavesAfter {
        decoder.remove(place.draft)
        active.removeAll { $0.draft === place.draft }
      }
      active.removeAll { $0.draft.finishReason != nil }
      round += 1
    } while !active.isEmpty
    #expect(decoder.freeSlotCount == 5)
    return tokens
  }

  private static func alone(
    _ plan: Plan, _ model: LanguageModel, threads: Int
  ) throws -> [GeneratedToken] {
    let decoder = try BatchDecoder(model: model, capacity: 1, threads: threads)
    let draft = try decoder.begin(
      after: plan.prompt, configuration(plan.count), sample: plan.sample)
    return try (0..<(plan.leavesAfter ?? plan.count)).map { _ in try decoder.advance([draft])[0] }
  }

  /// Ids, and what the model says about every id of the vocabulary at every place.
  @Test(arguments: Architecture.allCases, Layout.allCases)
  func companyChangesNoBit(architecture: Architecture, layout: Layout) throws {
    let model = try layout.model(of: Self.model(architecture))
    let expected = try Self.plans.map { try Self.alone($0, model, threads: 1) }
    #expect(Set(expected.map { $0.map(\.id) }).count == Self.plans.count)
    for threads in [1, 2] {
      let found = try Self.together(model, threads: threads)
      for (index, tokens) in found.enumerated() {
        let isSame = tokens == expected[index]
        #expect(isSame, "draft \(index), \(threads) threads")
      }
    }
  }

  /// Of all reasons, in one decoder; the end of the text wins over a stop rule and over the length.
  @Test func eachEndsByItself() throws {
    let model = try Self.model(.crate)
    let decoder = try BatchDecoder(model: model, capacity: 4, threads: 2)
    let whole = try Self.alone(Plan(prompt: [1, 2], count: 9), model, threads: 1).map(\.id)
    let end = whole[5]
    let length = try #require(whole.firstIndex(of: end)) + 1
    func begin(_ count: Int, end: Int32? = nil, stop: Int) throws -> Draft {
      var configuration = try Self.configuration(count)
      configuration.endsOfText = end.map { [$0] } ?? []
      return try decoder.begin(after: [1, 2], configuration) { draft, _ in
        draft.writtenCount == stop
      }
    }
    let drafts = [
      try begin(9, stop: 10), try begin(9, end: end, stop: 10), try begin(9, stop: 3),
      try begin(length, end: end, stop: length),
    ]
    var active = drafts
    while !active.isEmpty {
      try decoder.advance(active)
      active.removeAll { $0.finishReason != nil }
    }
    #expect(drafts.map(\.finishReason) == [.length, .endOfText, .stop, .endOfText])
    #expect(drafts.map(\.writtenCount) == [9, length, 3, length])
    for draft in drafts { #expect(Array(draft.writtenIDs) == Array(whole[..<draft.writtenCount])) }
    #expect(decoder.freeSlotCount == 4)
  }

  @Test func slotsAreForDraftsThatGoOn() throws {
    let model = try Self.model(.crate)
    let decoder = try BatchDecoder(model: model, capacity: 2, threads: 1)
    let other = try BatchDecoder(model: model, capacity: 3, threads: 1)
    let configuration = try Self.configuration(2)
    let drafts = try (0..<2).map { try decoder.begin(after: [1], configuration, sample: $0) }
    #expect(throws: DecoderError.noFreeSlot(capacity: 2)) {
      try decoder.begin(after: [1], configuration)
    }
    #expect(throws: DecoderError.noFreeSlot(capacity: 3)) {
      try other.generate(after: [1], configuration, samples: 4)
    }
    #expect(other.freeSlotCount == 3)
    #expect(throws: DecoderError.notAtWork) { try other.advance(drafts) }
    #expect(throws: DecoderError.notAtWork) { try decoder.advance([drafts[0], drafts[0]]) }
    other.remove(drafts[0])
    try decoder.advance(drafts)
    decoder.remove(drafts[0])
    #expect(throws: DecoderError.notAtWork) { try decoder.advance(drafts) }
    #expect(drafts.map(\.writtenCount) == [1, 1])
    try decoder.advance([drafts[1]])
    #expect(throws: DecoderError.notAtWork) { try decoder.advance([drafts[1]]) }
    #expect(drafts.map(\.finishReason) == [nil, .length])
  }

  /// A stop rule that throws leaves its draft where it is and keeps no other from going on.
  @Test func errorsOfAStopRuleAreItsOwn() throws {
    struct Failure: Error {}
    let model = try Self.model(.crate)
    let expected = try Self.alone(Plan(prompt: [1, 2], count: 6), model, threads: 1).map(\.id)
    let decoder = try BatchDecoder(model: model, capacity: 2, threads: 1)
    let configuration = try Self.configuration(6)
    let failing = try decoder.begin(after: [1, 2], configuration) { draft, _ in
      if draft.writtenCount == 3 { throw Failure() }
      return false
    }
    let drafts = [failing, try decoder.begin(after: [1, 2], configuration)]
    var failures = 0
    for _ in 0..<6 {
      do { try decoder.advance(drafts) } catch is Failure { failures += 1 }
    }
    #expect(failures == 1)
    for draft in drafts { #expect(Array(draft.writtenIDs) == expected) }
  }
}
