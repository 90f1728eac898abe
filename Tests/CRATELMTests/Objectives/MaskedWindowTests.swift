import CRATELM
import SystemPackage
import Testing

/// Windows of a stream with hidden tokens.
@Suite struct MaskedWindowTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let stream: [Int32]
  private let vocabulary: MaskingVocabulary

  init() throws {
    folder = try TemporaryFolder()
    // Documents end in the token that also ends sequences.
    let fixture = DataFixture(seed: 22, documents: 50, longest: 60, endOfDocument: 2)
    try fixture.pack(folder.path.appending("data"))
    data = try TokenData(directory: folder.path.appending("data"))
    stream = fixture.stream
    vocabulary = try .forTests(size: 300)
  }

  private func loader(
    _ context: Int, order: BatchLoader.Order = .sequential, seed: UInt64 = 1
  ) throws -> BatchLoader {
    let masking = TokenMasking(vocabulary, for: .training(MaskingConfiguration(), seed: seed))
    return try BatchLoader(
      split: data.train, order: order,
      examples: HiddenTokens(contextLength: context, masking: masking))
  }

  /// The sequences before anything was hidden.
  private func originals(_ batch: Batch) -> [[Int32]] {
    var ids = batch.inputs
    for (position, target) in zip(batch.predicted, batch.targets) { ids[position] = target }
    return stride(from: 0, to: ids.count, by: batch.contextLength).map {
      Array(ids[$0..<$0 + batch.contextLength])
    }
  }

  /// All tokens of the stream once, between those that begin and end a sequence; the last sequence
  /// is padded.
  @Test(arguments: [3, 9, 66, 100]) func sequencesCoverTheStream(context: Int) throws {
    var loader = try loader(context)
    let text = context - 2
    #expect(loader.windowCount == (stream.count + text - 1) / text)
    var batch = Batch(sequences: loader.windowCount, contextLength: context)
    try loader.append(0..<loader.windowCount, to: &batch)
    var covered: [Int32] = []
    for (row, length) in zip(originals(batch), batch.lengths) {
      #expect(row[0] == 1 && row[length - 1] == 2)
      #expect(row[length...].allSatisfy { $0 == 0 })
      covered += row[1..<length - 1]
    }
    #expect(covered == stream)
    #expect(batch.lengths.dropLast().allSatisfy { $0 == context })
    #expect(batch.lengths.last == stream.count - (loader.windowCount - 1) * text + 2)
    #expect(batch.targets.allSatisfy(vocabulary.mayHide))
  }

  @Test func positionIsAllTheState() throws {
    func read(_ loader: inout BatchLoader, _ positions: Range<Int>) throws -> Batch {
      var batch = Batch(sequences: positions.count, contextLength: 34)
      try loader.append(positions, to: &batch)
      return batch
    }
    var whole = try loader(34, order: .shuffled(seed: 5))
    let count = whole.windowCount
    let expected = try read(&whole, 0..<2 * count)
    for start in [2 * count - 4, 0, count - 2] {
      var resumed = try loader(34, order: .shuffled(seed: 5))
      let batch = try read(&resumed, start..<start + 4)
      #expect(batch.inputs == Array(expected.inputs[start * 34..<(start + 4) * 34]))
      #expect(batch.lengths == Array(expected.lengths[start..<start + 4]))
      let first = expected.predictionCount(inFirst: start)
      #expect(batch.targets[...] == expected.targets[first...].prefix(batch.targets.count))
    }
    // The second epoch hides other tokens of the same windows.
    var again = try loader(34)
    let first = try read(&again, 0..<count)
    let second = try read(&again, count..<2 * count)
    #expect(originals(first) == originals(second))
    #expect(first.predicted != second.predicted)
  }

  @Test func predictionsAreCounted() {
    var batch = Batch(sequences: 3, contextLength: 4)
    for (length, places) in [(4, [1, 3]), (2, []), (3, [0])] {
      for place in places { batch.predict(9, at: place) }
      batch.append([5, 6, 7, 8].prefix(length))
    }
    #expect(batch.inputs == [5, 6, 7, 8, 5, 6, 0, 0, 5, 6, 7, 0])
    #expect(batch.predicted == [1, 3, 8])
    #expect((0...3).map { batch.predictionCount(inFirst: $0) } == [0, 2, 2, 3])
    batch.removeAll()
    #expect(batch.inputs.isEmpty && batch.lengths.isEmpty && batch.predicted.isEmpty)
  }
}
