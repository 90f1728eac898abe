import CRATELM
import SystemPackage
import Testing

@Suite struct BatchLoaderTests {
  private let folder: TemporaryFolder
  private let data: TokenData
  private let stream: [Int32]

  init() throws {
    folder = try TemporaryFolder()
    let fixture = DataFixture(seed: 21, documents: 50, longest: 60)
    try fixture.pack(folder.path.appending("data"))
    data = try TokenData(directory: folder.path.appending("data"))
    stream = fixture.stream
  }

  private func loader(_ context: Int, _ order: BatchLoader.Order) throws -> BatchLoader {
    try BatchLoader(split: data.train, order: order, examples: Successors(contextLength: context))
  }

  private func rows(
    _ loader: inout BatchLoader, _ positions: Range<Int>
  ) throws -> (inputs: [[Int32]], targets: [[Int32]]) {
    let length = loader.contextLength
    var batch = Batch(sequences: positions.count, contextLength: length)
    try loader.append(positions, to: &batch)
    #expect(batch.predicted == Array(batch.inputs.indices))
    #expect(batch.lengths == [Int](repeating: length, count: positions.count))
    func rows(_ ids: [Int32]) -> [[Int32]] {
      stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
    }
    return (rows(batch.inputs), rows(batch.targets))
  }

  @Test(arguments: [1, 7, 64, 100])
  func sequentialWindowsAreTheText(contextLength: Int) throws {
    var loader = try self.loader(contextLength, .sequential)
    #expect(loader.windowCount == (stream.count - 1) / contextLength)
    let (inputs, targets) = try rows(&loader, 0..<loader.windowCount)
    let covered = loader.windowCount * contextLength
    #expect(inputs.flatMap { $0 } == Array(stream[..<covered]))
    #expect(targets.flatMap { $0 } == Array(stream[1...covered]))
  }

  @Test func everyEpochHasEveryWindowInAnOrderOfItsOwn() throws {
    var loader = try self.loader(16, .shuffled(seed: 3))
    let count = loader.windowCount
    let epochs = (0..<3).map { epoch in
      (0..<count).map { loader.tokens(at: epoch * count + $0).lowerBound / 16 }
    }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<count)) }
    #expect(Set(epochs).count == 3)
    var other = try self.loader(16, .shuffled(seed: 4))
    #expect((0..<count).map { other.tokens(at: $0).lowerBound / 16 } != epochs[0])
  }

  /// From the second epoch on all windows begin later by one number, the last as far as the text
  /// goes.
  @Test(arguments: [1, 2, 16, 100])
  func laterEpochsCutElsewhere(contextLength: Int) throws {
    var loader = try self.loader(contextLength, .shuffled(seed: 3))
    let count = loader.windowCount
    let furthest = stream.count - contextLength - 1
    var offsets: [Int] = []
    for epoch in 0..<20 {
      let windows = (0..<count).map { loader.tokens(at: epoch * count + $0) }
      let starts = windows.map(\.lowerBound).sorted()
      offsets.append(starts[0])
      #expect(windows.allSatisfy { $0.count == contextLength + 1 })
      #expect(starts == (0..<count).map { min($0 * contextLength + starts[0], furthest) })
    }
    #expect(offsets[0] == 0)
    #expect(offsets.allSatisfy { (0..<contextLength).contains($0) })
    #expect(Set(offsets).count > min(contextLength, 10) / 2)
    var same = try self.loader(contextLength, .shuffled(seed: 3, starts: .same))
    for position in 0..<3 * count {
      #expect(same.tokens(at: position).lowerBound.isMultiple(of: contextLength))
    }
  }

  /// What stands at a position does not depend on what was read before.
  @Test func positionIsAllTheState() throws {
    var whole = try self.loader(16, .shuffled(seed: 5))
    let count = 2 * whole.windowCount
    let expected = try rows(&whole, 0..<count)
    for position in [count - 3, 0, count / 2, 1, count - 1] {
      var resumed = try self.loader(16, .shuffled(seed: 5))
      let end = min(position + 4, count)
      let (inputs, targets) = try rows(&resumed, position..<end)
      #expect(inputs == Array(expected.inputs[position..<end]))
      #expect(targets == Array(expected.targets[position..<end]))
    }
  }

  @Test func smallCacheReadsTheSame() throws {
    let small = try TokenData(directory: folder.path.appending("data"), cacheByteCount: 200)
    var generator = SplitMix64(seed: 6)
    for _ in 0..<300 {
      let start = generator.integer(below: stream.count)
      let end = start + generator.integer(below: stream.count - start + 1)
      #expect(try small.train.tokens(start..<end) == Array(stream[start..<end]))
      #expect(try data.train.tokens(start..<end) == Array(stream[start..<end]))
    }
  }

  @Test func shortSplitIsRefused() throws {
    let expected = DataError.splitTooShort(
      folder.path.appending("data"), .train, tokens: stream.count, contextLength: stream.count)
    #expect(throws: expected) {
      try loader(stream.count, .sequential)
    }
    let longest = try self.loader(stream.count - 1, .sequential)
    #expect(longest.windowCount == 1)
    #expect(throws: DataError.self) {
      try BatchLoader(
        split: data.validation, order: .sequential, examples: Successors(contextLength: 1))
    }
  }
}
