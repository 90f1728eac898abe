import CRATELM
import Glibc
import Storage
import SystemPackage
import Testing

@Suite struct PackWriterTests {
  @Test(arguments: [300, 65_536, 65_537, 200_000], [nil, 0] as [Int32?])
  func roundTrip(vocabularySize: Int, endOfDocument: Int32?) throws {
    let folder = try TemporaryFolder()
    let directory = folder.path.appending("data")
    let fixture = DataFixture(
      seed: UInt64(vocabularySize), documents: 40, longest: 150, vocabularySize: vocabularySize,
      endOfDocument: endOfDocument)
    let manifest = try fixture.pack(directory)
    let data = try TokenData(directory: directory)
    #expect(data.manifest == manifest)
    #expect(try data.train.allTokens() == fixture.stream)
    #expect(data.validation.tokenCount == 0)
    #expect(manifest.train.tokens == fixture.stream.count)
    #expect(manifest.train.documents == 40)
    #expect(manifest.train.bytes == fixture.documents.reduce(0) { $0 + fixture.byteCount($1) })
    #expect(manifest.train.shardTokens.dropLast().allSatisfy { $0 == 256 })
    #expect(manifest.train.shardTokens.count == (fixture.stream.count + 255) / 256)
    #expect(data.spelledBytes == fixture.tokenizer.spelledBytes)
    #expect(manifest.tokenizer == Fingerprint(of: fixture.tokenizer.file()))
    try data.verify()
  }

  @Test func documentStarts() throws {
    let folder = try TemporaryFolder()
    let directory = folder.path.appending("data")
    let fixture = DataFixture(seed: 5, documents: 60, longest: 90)
    try fixture.pack(directory)
    var expected: [Int] = []
    var place = 0
    for document in fixture.documents {
      expected.append(place)
      place += document.count + 1
    }
    #expect(try TokenData(directory: directory).train.documentStarts() == expected)
  }

  @Test func equalCallsGiveEqualBytes() throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 6, documents: 50, longest: 200)
    fixture.settings.validationFraction = 0.1
    try fixture.pack(folder.path.appending("one"))
    try fixture.pack(folder.path.appending("other"), pieceLength: 7)
    let contents = try folder.contents("one")
    #expect(try contents == folder.contents("other"))
    #expect(contents.keys.contains("validation-00000.shard"))
  }

  @Test func documentsWithoutTokensArePassedOver() throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 7, documents: 5, longest: 20)
    let stream = fixture.stream
    fixture.documents.insert([], at: 2)
    fixture.documents.append([])
    let manifest = try fixture.pack(folder.path.appending("data"))
    #expect(manifest.train.documents == 5)
    #expect(try TokenData(directory: folder.path.appending("data")).train.allTokens() == stream)
  }

  @Test func emptyTextIsRefusedAndLeavesNothing() throws {
    let folder = try TemporaryFolder()
    for fraction in [0, 0.05] {
      var fixture = DataFixture(seed: 8, documents: 0, longest: 1)
      fixture.settings.validationFraction = fraction
      #expect(throws: DataError.noText) { try fixture.pack(folder.path.appending("data")) }
      #expect(try FileSystem.names(in: folder.path).isEmpty)
    }
  }

  @Test func strayTokenIsRefused() throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 8, documents: 1, longest: 1)
    for id in [-1, 300, .max] as [Int32] {
      fixture.documents = [[1, id]]
      let expected = DataError.tokenOutOfRange(id, vocabularySize: 300)
      let writer = try PackWriter(
        directory: folder.path.appending("data"), tokenizer: fixture.tokenizer)
      #expect(throws: expected) { try writer.append([1, id], byteCount: 1) }
    }
  }

  @Test(arguments: [-0.1, 0.0001, 0.6, .nan, .infinity])
  func fractionOutOfRangeIsRefused(_ fraction: Double) throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 8, documents: 9, longest: 9)
    fixture.settings.validationFraction = fraction
    let error = #expect(throws: DataError.self) {
      try fixture.pack(folder.path.appending("data"))
    }
    #expect(error?.kind == .configuration)
  }

  @Test func existingOutputIsKeptUnlessItMayBeReplaced() throws {
    let folder = try TemporaryFolder()
    let directory = folder.path.appending("data")
    var fixture = DataFixture(seed: 9, documents: 5, longest: 20)
    try FileSystem.createDirectory(directory)
    try fixture.pack(directory)
    let before = try folder.contents("data")
    fixture.documents.removeLast()
    #expect(throws: FileError.self) { try fixture.pack(directory) }
    #expect(try folder.contents("data") == before)
    #expect(try FileSystem.names(in: folder.path) == ["data"])
    fixture.settings.overwrites = true
    try fixture.pack(directory)
    #expect(try TokenData(directory: directory).train.allTokens() == fixture.stream)
    #expect(try FileSystem.names(in: folder.path) == ["data"])
  }

  @Test func otherFilesAreNeverReplaced() throws {
    let folder = try TemporaryFolder()
    let directory = folder.path.appending("data")
    var fixture = DataFixture(seed: 9, documents: 5, longest: 20)
    fixture.settings.overwrites = true
    try fixture.pack(directory)
    try FileContents.write([1], to: directory.appending("thesis.txt"))
    #expect(throws: FileError.self) { try fixture.pack(directory) }
    #expect(FileSystem.kind(of: directory.appending("thesis.txt")) == .file)
  }

  @Test func droppedWriterLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let fixture = DataFixture(seed: 10, documents: 5, longest: 20)
    do {
      let writer = try PackWriter(
        directory: folder.path.appending("data"), tokenizer: fixture.tokenizer,
        settings: fixture.settings)
      try writer.append(fixture.documents[0], byteCount: 1)
      #expect(try FileSystem.names(in: folder.path) == [".data.partial"])
    }
    #expect(try FileSystem.names(in: folder.path).isEmpty)
  }

  @Test func remainsOfAKilledWriterAreRemoved() throws {
    let folder = try TemporaryFolder()
    let remains = folder.path.appending(".data.partial")
    try FileSystem.createDirectory(remains)
    try FileContents.write([1, 2, 3], to: remains.appending("train-00077.shard"))
    try DataFixture(seed: 11, documents: 5, longest: 20).pack(folder.path.appending("data"))
    #expect(try FileSystem.names(in: folder.path) == ["data"])
    #expect(try folder.contents("data")["train-00077.shard"] == nil)
  }

  @Test func replacingSurvivesBeingKilledBetweenTwoRenames() throws {
    let folder = try TemporaryFolder()
    let (directory, old) = (folder.path.appending("data"), folder.path.appending(".data.old"))
    var fixture = DataFixture(seed: 12, documents: 5, longest: 20)
    try fixture.pack(old)
    #expect(throws: FileError.self) { try fixture.pack(directory) }
    #expect(try TokenData(directory: directory).train.allTokens() == fixture.stream)
    try fixture.pack(old)
    fixture.settings.overwrites = true
    try fixture.pack(directory)
    #expect(try FileSystem.names(in: folder.path) == ["data"])
  }

  /// A link is followed, one to nothing is not written through, the working directory is in use.
  @Test func placesOfLinks() throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 13, documents: 5, longest: 20)
    let link = folder.path.appending("link")
    #expect(unsafe symlink("data", link.string) == 0)
    #expect(throws: FileError.self) { try fixture.pack(link) }
    #expect(throws: FileError.self) { try fixture.pack(".") }
    try fixture.pack(folder.path.appending("data"))
    fixture.settings.overwrites = true
    try fixture.pack(link)
    #expect(FileSystem.isLink(link))
    #expect(try FileSystem.names(in: folder.path) == ["data", "link"])
  }

  @Test func twoWritersOfOneDirectoryAreRefused() throws {
    let folder = try TemporaryFolder()
    let fixture = DataFixture(seed: 12, documents: 5, longest: 20)
    let directory = folder.path.appending("data")
    let writer = try PackWriter(directory: directory, tokenizer: fixture.tokenizer)
    #expect(throws: FileError.self) { try fixture.pack(directory) }
    try writer.append([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], byteCount: 10)
    _ = try writer.finish()
    #expect(try FileSystem.names(in: folder.path) == ["data"])
  }
}
