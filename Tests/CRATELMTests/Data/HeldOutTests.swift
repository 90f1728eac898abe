import CRATELM
import SystemPackage
import Testing

/// The split into training and validation text.
@Suite struct HeldOutTests {
  private func pack(_ fixture: DataFixture) throws -> (DataManifest, TokenData, TemporaryFolder) {
    let folder = try TemporaryFolder()
    let manifest = try fixture.pack(folder.path.appending("data"), pieceLength: 33)
    return (manifest, try TokenData(directory: folder.path.appending("data")), folder)
  }

  /// Documents shorter than a passage go to one split as a whole, one of each run.
  @Test(arguments: [0.05, 0.1, 0.3, 0.5], [0, 1, 2] as [UInt64])
  func wholeDocuments(fraction: Double, seed: UInt64) throws {
    var fixture = DataFixture(seed: 1, documents: 600, longest: 40)
    fixture.settings.validationFraction = fraction
    fixture.settings.seed = seed
    let (manifest, data, _) = try pack(fixture)
    let exact = 600 * fraction
    #expect(abs(Double(manifest.validation.documents) - exact) <= 1)
    #expect(manifest.train.documents + manifest.validation.documents == 600)
    #expect(manifest.train.tokens + manifest.validation.tokens == fixture.stream.count)
    let bytes = fixture.documents.reduce(0) { $0 + fixture.byteCount($1) }
    #expect(manifest.train.bytes + manifest.validation.bytes == bytes)
    let known = Set(fixture.documents)
    for split in Split.allCases {
      let documents = try data[split].allTokens().split(separator: 0)
      #expect(documents.count == manifest[split].documents)
      #expect(documents.allSatisfy { known.contains(Array($0)) })
    }
  }

  /// Documents longer than a passage stay whole too where there are enough of them, whether the
  /// caller knows their number or the beginning of the text shows it.
  @Test(arguments: [nil, 25])
  func longDocumentsStayWhole(documentCount: Int?) throws {
    var fixture = DataFixture(seed: 5, documents: 25, longest: 1)
    fixture.documents = (0..<25).map { index in
      (0..<(documentCount == nil ? 60 : 300)).map { Int32(1 + (index * 7 + $0) % 299) }
    }
    fixture.settings.passageTokenCount = documentCount == nil ? 100 : 64
    fixture.settings.validationFraction = 0.05
    fixture.settings.documentCount = documentCount
    let (manifest, data, _) = try pack(fixture)
    #expect((1...2).contains(manifest.validation.documents))
    let known = Set(fixture.documents)
    for split in Split.allCases {
      let documents = try data[split].allTokens().split(separator: 0).map(Array.init)
      #expect(documents.allSatisfy(known.contains))
    }
  }

  @Test func seedsHoldOutDifferentText() throws {
    var fixture = DataFixture(seed: 2, documents: 200, longest: 40)
    fixture.settings.validationFraction = 0.1
    var heldOut: Set<[Int32]> = []
    for seed in 0..<4 as Range<UInt64> {
      fixture.settings.seed = seed
      let (_, data, folder) = try pack(fixture)
      heldOut.insert(try data.validation.allTokens())
      _ = folder
    }
    #expect(heldOut.count == 4)
  }

  /// A text smaller than a passage for each run is cut by the fraction itself.
  @Test(arguments: [20, 100, 1000, 1279])
  func smallSingleDocument(_ count: Int) throws {
    var fixture = DataFixture(seed: 3, documents: 1, longest: 1)
    fixture.documents = [(0..<count).map { Int32(1 + $0 % 299) }]
    fixture.settings.validationFraction = 0.05
    let (manifest, data, _) = try pack(fixture)
    #expect(manifest.validation.tokens >= count / 20)
    #expect(manifest.validation.tokens <= count / 20 + 1)
    #expect(manifest.train.documents + manifest.validation.documents == 1)
    #expect(try reassembled(data).sorted() == fixture.stream.sorted())
  }

  @Test func longSingleDocument() throws {
    var fixture = DataFixture(seed: 4, documents: 1, longest: 1)
    fixture.documents = [(0..<64_000).map { Int32(1 + $0 % 299) }]
    fixture.settings.validationFraction = 0.05
    let (manifest, data, _) = try pack(fixture)
    // 1000 passages of 64 tokens, of which 50 are held out; the end of the document may be there.
    #expect([3200, 3201].contains(manifest.validation.tokens))
    let starts = try data.validation.documentStarts()
    #expect(starts.count <= 50)
    #expect(try reassembled(data).sorted() == fixture.stream.sorted())
    let bytes = fixture.byteCount(fixture.documents[0])
    #expect(manifest.train.bytes + manifest.validation.bytes == bytes)
    let ids = try data.validation.allTokens().filter { $0 != 0 }
    #expect(manifest.validation.bytes == fixture.byteCount(ids))
  }

  /// Between two document starts the ids follow each other as in the document.
  @Test func startsMarkEveryCut() throws {
    var fixture = DataFixture(seed: 5, documents: 1, longest: 1)
    fixture.documents = [(0..<30_000).map { Int32(1 + $0 % 299) }]
    fixture.settings.validationFraction = 0.1
    let (_, data, _) = try pack(fixture)
    for split in Split.allCases {
      let ids = try data[split].allTokens()
      let starts = Set(try data[split].documentStarts())
      for place in ids.indices.dropFirst() where !starts.contains(place) && ids[place] != 0 {
        #expect(ids[place] == ids[place - 1] % 299 + 1)
      }
    }
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func tooSmallText(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var fixture = DataFixture(seed: 6, documents: 1, longest: 1)
    fixture.documents = [[1]]
    fixture.settings.validationFraction = 0.05
    fixture.settings.seed = seed
    #expect(throws: DataError.textTooSmall(tokens: 2, validationFraction: 0.05)) {
      try fixture.pack(folder.path.appending("data"))
    }
  }

  private func reassembled(_ data: TokenData) throws -> [Int32] {
    try data.train.allTokens() + data.validation.allTokens()
  }
}
