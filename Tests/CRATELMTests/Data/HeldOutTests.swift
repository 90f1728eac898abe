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

  /// Each document goes to one split as a whole, and the size is met but for one document.
  @Test(arguments: [0.05, 0.1, 0.3, 0.5], [0, 1, 2] as [UInt64])
  func wholeDocuments(fraction: Double, seed: UInt64) throws {
    var fixture = DataFixture(seed: 1, documents: 600, longest: 40)
    fixture.settings.validationFraction = fraction
    fixture.settings.seed = seed
    let (manifest, data, _) = try pack(fixture)
    let exact = Double(fixture.stream.count) * fraction
    #expect(abs(Double(manifest.validation.tokens) - exact) <= 41)
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
    #expect(manifest.validation.documents == 1)
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

  /// The size asked for is met within one passage, however long the text is; passages are not
  /// longer than they should be, and pieces in which the text comes change nothing.
  @Test(arguments: [1300, 1279 * 3, 20_000, 65_537], [0.05, 0.1, 0.001])
  func passagesHaveTheSizeAskedFor(count: Int, fraction: Double) throws {
    var fixture = DataFixture(seed: 8, documents: 3, longest: 1)
    fixture.documents = (0..<3).map { document in
      (0..<count / 3).map { Int32(1 + ($0 + document) % 299) }
    }
    fixture.settings.validationFraction = fraction
    let (manifest, data, folder) = try pack(fixture)
    let exact = Double(count / 3 * 3) * fraction
    // Ends of documents may come on top.
    #expect(Double(manifest.validation.tokens) >= exact - 0.5)
    #expect(Double(manifest.validation.tokens) <= exact + 3.5)
    #expect(try reassembled(data).sorted() == fixture.stream.sorted())
    try fixture.pack(folder.path.appending("whole"), pieceLength: 1 << 20)
    #expect(try folder.contents("whole") == folder.contents("data"))
  }

  /// Documents of very different lengths, known or not known to be many, longer ones than a window
  /// among them.
  @Test(arguments: [0, 1, 2] as [UInt64], [nil, 300])
  func documentsOfAllLengths(seed: UInt64, documentCount: Int?) throws {
    var fixture = DataFixture(seed: 9 + seed, documents: 300, longest: 60)
    for place in [40, 41, 100, 280] {
      fixture.documents[place] = (0..<2000).map { Int32(1 + ($0 + place) % 299) }
    }
    fixture.settings.validationFraction = 0.1
    fixture.settings.seed = seed
    fixture.settings.documentCount = documentCount
    let (manifest, data, folder) = try pack(fixture)
    let exact = Double(fixture.stream.count) * 0.1
    #expect(abs(Double(manifest.validation.tokens) - exact) <= 2001)
    let known = Set(fixture.documents)
    for split in Split.allCases {
      let documents = try data[split].allTokens().split(separator: 0).map(Array.init)
      #expect(documents.count == manifest[split].documents)
      #expect(documents.allSatisfy(known.contains))
      #expect(try data[split].documentStarts().count == documents.count)
    }
    try fixture.pack(folder.path.appending("whole"), pieceLength: 1 << 20)
    #expect(try folder.contents("whole") == folder.contents("data"))
  }

  /// A document that is given to a split goes there.
  @Test func documentsGoWhereTheyAreGiven() throws {
    let folder = try TemporaryFolder()
    let fixture = DataFixture(seed: 7, documents: 5, longest: 90)
    let writer = try PackWriter(
      directory: folder.path.appending("data"), tokenizer: fixture.tokenizer,
      settings: fixture.settings)
    for (index, document) in fixture.documents.enumerated() {
      let split: Split? = index == 2 || index == 4 ? .validation : nil
      try writer.append(document, byteCount: fixture.byteCount(document), to: split)
      try writer.endDocument()
    }
    _ = try writer.finish()
    let data = try TokenData(directory: folder.path.appending("data"))
    #expect(try data.validation.allTokens() == [2, 4].flatMap { fixture.documents[$0] + [0] })
    #expect(try data.train.allTokens() == [0, 1, 3].flatMap { fixture.documents[$0] + [0] })
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
