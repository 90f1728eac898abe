import CRATELM
import Storage
import SystemPackage
import Testing

/// Shards with sound checksums whose frames and tables lie: each is refused, and nothing larger than
/// a frame is made of it.
@Suite struct ShardAttackTests {
  private let folder: TemporaryFolder
  private let directory: FilePath

  private static let tokenCount = 64
  private static let vocabularySize = 300

  init() throws {
    folder = try TemporaryFolder()
    directory = folder.path.appending("data")
    var fixture = DataFixture(
      seed: 1, documents: 1, longest: 1, vocabularySize: Self.vocabularySize)
    fixture.documents = [[Int32](repeating: 5, count: Self.tokenCount - 1)]
    try fixture.pack(directory)
  }

  /// A shard of one frame, with the footer and the checksum that go with its parts.
  private struct Shard {
    var frame: [UInt8]
    var documents: [UInt8] = [0]
    var documentCount = 1
    var frameSizes: [Int]?
    var trailer: [UInt8] = []

    var bytes: [UInt8] {
      let header = Array("CRATETOK".utf8) + little(1, 4) + little(2, 4)
      var tables = documents
      for size in frameSizes ?? [frame.count] { tables += little(size, 4) }
      for number in [ShardAttackTests.tokenCount, 64, documentCount, frame.count, documents.count] {
        tables += little(number, 8)
      }
      let digits = Array(Fingerprint(of: header + tables).description)
      let seal = stride(from: 0, to: 64, by: 2).map { index in
        UInt8(String(digits[index..<index + 2]), radix: 16) ?? 0
      }
      return header + frame + tables + seal + trailer
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
  }

  private func read(_ shard: Shard) throws -> [Int32] {
    let name = "train-00000.shard"
    try FileContents.write(shard.bytes, to: directory.appending(name))
    let path = directory.appending(Checksums.name)
    var sums = Checksums()
    for line in try Checksums(FileContents.read(path), path: path).lines {
      sums.append(
        line.name, line.name == name ? Fingerprint(of: shard.bytes) : line.fingerprint)
    }
    try FileContents.write(sums.bytes, to: path)
    let data = try TokenData(directory: directory)
    let tokens = try data.train.allTokens()
    _ = try data.train.documentStarts()
    try data.verify()
    return tokens
  }

  private func expectRefusal(_ shard: Shard, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: DataError.self, sourceLocation: sourceLocation) {
      _ = try read(shard)
    }
    if case .damaged(let damage) = error {
      #expect(
        damage.path.lastComponent?.string == "train-00000.shard", sourceLocation: sourceLocation)
    } else {
      Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
    }
  }

  /// 64 ids of two bytes.
  private static let content = [UInt8](repeating: 1, count: 2 * tokenCount)
  private static let sound = ZstdFrame.single(contentSize: 128, ZstdFrame.raw(content))

  @Test func aSoundShardIsRead() throws {
    #expect(try read(Shard(frame: Self.sound)) == [Int32](repeating: 257, count: 64))
    let repeated = ZstdFrame.single(
      contentSize: 128, ZstdFrame.repeated(1, count: 128))
    #expect(try read(Shard(frame: repeated)) == [Int32](repeating: 257, count: 64))
  }

  /// Content sizes that are huge, wrong or missing, and windows of up to 2 GiB and more.
  @Test func sizesThatLie() {
    let raw = ZstdFrame.raw(Self.content)
    for size in [0, 1, 127, 129, 1 << 32, 1 << 62, .max, .max - 1] as [UInt64] {
      expectRefusal(Shard(frame: ZstdFrame.single(contentSize: size, raw)))
    }
    for descriptor in [0x00, 0x88, 0xA8, 0xFF] as [UInt8] {
      expectRefusal(Shard(frame: ZstdFrame.windowed(descriptor: descriptor, raw)))
    }
  }

  /// A small frame that expands to more than it promises.
  @Test func bombs() {
    let block = ZstdFrame.repeated(1, count: 128 << 10, isLast: false)
    let many = [[UInt8]](repeating: block, count: 8000).flatMap { $0 }
    let bomb = many + ZstdFrame.repeated(1, count: 128)
    expectRefusal(Shard(frame: ZstdFrame.single(contentSize: 128, bomb)))
    expectRefusal(
      Shard(
        frame: ZstdFrame.single(
          contentSize: 128, ZstdFrame.raw(Self.content, isLast: false) + ZstdFrame.raw([1]))))
    expectRefusal(Shard(frame: ZstdFrame.windowed(descriptor: 0x88, bomb)))
  }

  @Test func otherFrames() {
    for count in [0, 3, 4, 5, 12, Self.sound.count - 1] {
      expectRefusal(Shard(frame: Array(Self.sound.prefix(count))))
    }
    expectRefusal(Shard(frame: Self.sound + Self.sound))
    expectRefusal(Shard(frame: Self.sound + [0]))
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    expectRefusal(Shard(frame: skippable))
    expectRefusal(Shard(frame: Self.sound + skippable))
    // Empty, a dictionary needed, a reserved bit, a reserved kind of block, and magics of zstd 0.1 to
    // 0.7.
    expectRefusal(Shard(frame: ZstdFrame.single(contentSize: 0, ZstdFrame.raw([]))))
    expectRefusal(
      Shard(
        frame: ZstdFrame.magic + [0b0110_0001, 7, 128, 0] + ZstdFrame.raw(Self.content)))
    expectRefusal(
      Shard(frame: ZstdFrame.magic + [0b1110_1000] + Self.sound.dropFirst(5)))
    expectRefusal(Shard(frame: ZstdFrame.single(contentSize: 128, [0x07, 0x04, 0x00, 1])))
    for version in [0x1E, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27] as [UInt8] {
      expectRefusal(Shard(frame: [version] + Self.sound.dropFirst()))
    }
  }

  /// The checksum of the content, where a frame carries one, is compared.
  @Test func wrongChecksums() {
    let flagged = ZstdFrame.magic + [0b1110_0100] + Self.sound.dropFirst(5)
    expectRefusal(Shard(frame: flagged))
    expectRefusal(Shard(frame: flagged + [1, 2, 3, 4]))
  }

  @Test func idsOutsideTheVocabulary() {
    for high in [0x02, 0x80, 0xFF] as [UInt8] {
      var content = Self.content
      content[127] = high
      expectRefusal(
        Shard(frame: ZstdFrame.single(contentSize: 128, ZstdFrame.raw(content))))
    }
  }

  @Test func documentsThatLie() {
    let many = [UInt8](repeating: 0xFF, count: 9)
    for (documents, count) in [
      ([64], 1), ([0, 0], 2), ([0, 64], 2), ([0, 5, 59], 3), ([0x80], 1), ([0], 0), ([0], 2),
      ([], 0), ([5], 1), (many + [1], 1), (many, 1), ([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], 1),
    ] as [([UInt8], Int)] {
      expectRefusal(Shard(frame: Self.sound, documents: documents, documentCount: count))
    }
  }

  @Test func frameTablesThatLie() {
    for sizes in [[], [0], [1], [Self.sound.count + 1], [Int(UInt32.max)], [1, 2]] as [[Int]] {
      expectRefusal(Shard(frame: Self.sound, frameSizes: sizes))
    }
    expectRefusal(Shard(frame: Self.sound, trailer: [0]))
  }
}
