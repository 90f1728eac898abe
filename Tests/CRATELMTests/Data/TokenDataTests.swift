import CRATELM
import Storage
import SystemPackage
import Testing

/// Damaged and foreign data directories.
@Suite struct TokenDataTests {
  private let folder: TemporaryFolder
  private let directory: FilePath
  private let fixture: DataFixture

  init() throws {
    folder = try TemporaryFolder()
    directory = folder.path.appending("data")
    var fixture = DataFixture(seed: 31, documents: 12, longest: 40)
    fixture.settings.validationFraction = 0.25
    fixture.settings.framesPerShard = 2
    self.fixture = fixture
    try fixture.pack(directory)
  }

  /// Opens the data and reads everything.
  private func readAll() throws {
    try TokenData(directory: directory).verify()
  }

  private func change(_ file: String, _ edit: (inout [UInt8]) -> Void) throws {
    let path = directory.appending(file)
    var bytes = try FileContents.read(path)
    edit(&bytes)
    try FileContents.write(bytes, to: path)
  }

  /// Writes the manifest with `new` for `old`, and the checksum that it then has.
  private func forgeManifest(_ old: String, _ new: String) throws {
    let text = String(
      decoding: try FileContents.read(directory.appending("manifest.json")), as: UTF8.self)
    let before = Fingerprint(of: Array(text.utf8)).description
    guard let range = text.firstRange(of: old) else {
      Issue.record("\(text) has no \(old)")
      return
    }
    let forged = Array(text.replacing(text[range], with: new, maxReplacements: 1).utf8)
    try FileContents.write(forged, to: directory.appending("manifest.json"))
    try change("SHA256SUMS") { sums in
      let lines = String(decoding: sums, as: UTF8.self)
        .replacing(before, with: Fingerprint(of: forged).description)
        .split(separator: "\n").dropLast().map { "\($0)\n" }.joined()
      sums = Array("\(lines)# \(Fingerprint(of: Array(lines.utf8)))\n".utf8)
    }
  }

  @Test func anyFlippedBitIsFound() throws {
    var generator = SplitMix64(seed: 32)
    for name in try FileSystem.names(in: directory) {
      let size = try FileSystem.byteCount(of: directory.appending(name))
      for byte in 0..<size {
        let bit = UInt8(1) << generator.integer(below: 8)
        try change(name) { $0[byte] ^= bit }
        let error = #expect(throws: DataError.self, "\(name), byte \(byte), bit \(bit)") {
          try readAll()
        }
        #expect(error?.kind == .data)
        try change(name) { $0[byte] ^= bit }
      }
    }
    try readAll()
  }

  @Test func anyTruncationIsFound() throws {
    for name in try FileSystem.names(in: directory) {
      let path = directory.appending(name)
      let whole = try FileContents.read(path)
      for count in stride(from: 0, to: whole.count, by: max(whole.count / 50, 1)) {
        let rest = Array(whole[..<count])
        // What is left is a list as sha256sum writes it.
        if name == Checksums.name, rest.last == UInt8(ascii: "\n") { continue }
        try FileContents.write(rest, to: path)
        #expect(throws: DataError.self, "\(name) cut to \(count) bytes") { try readAll() }
      }
      try FileContents.write(whole + [0], to: path)
      #expect(throws: DataError.self, "\(name) with a byte more") { try readAll() }
      try FileContents.write(whole, to: path)
    }
  }

  @Test func missingFilesAreNamed() throws {
    for name in try FileSystem.names(in: directory) where name != "manifest.json" {
      let path = directory.appending(name)
      let whole = try FileContents.read(path)
      try FileSystem.remove(path)
      let error = #expect(throws: FileError.self) { try readAll() }
      #expect(error.map { "\($0)".contains(name) } == true)
      try FileContents.write(whole, to: path)
    }
    #expect(throws: FileError.self) { try TokenData(directory: "/nothing/here") }
  }

  @Test func otherDirectoriesAreForeign() throws {
    #expect(
      throws: DataError.foreign(
        folder.path, expected: "a data directory", found: "no manifest.json")
    ) { try TokenData(directory: folder.path) }
    #expect(throws: FileError.self) {
      try TokenData(directory: directory.appending("manifest.json"))
    }
  }

  @Test func otherVersionIsForeign() throws {
    try forgeManifest("\"format_version\": 1", "\"format_version\": 2")
    let error = #expect(throws: DataError.self) { try readAll() }
    guard case .foreign(_, "a data manifest of format 1", let found) = error else {
      Issue.record("\(String(describing: error)) is not .foreign")
      return
    }
    #expect(found == "format version 2, which a newer program wrote")
  }

  /// Forged counts with a valid checksum are found too, and nothing of their size is allocated.
  @Test(arguments: [
    ("\"tokens\": ", "\"tokens\": 9"),
    ("\"tokens\": ", "\"tokens\": 999999999999999"),
    ("\"tokens\": ", "\"tokens\": 99999999999999999999"),
    ("\"tokens\": ", "\"tokens\": -"),
    ("\"documents\": ", "\"documents\": 9999"),
    ("\"shard_tokens\": [", "\"shard_tokens\": [281474976710656, "),
    ("\"shard_tokens\": [", "\"shard_tokens\": [0, "),
    ("\"vocabulary_size\": 300", "\"vocabulary_size\": 2147483647"),
    ("\"vocabulary_size\": 300", "\"vocabulary_size\": 0"),
    ("\"vocabulary_size\": 300", "\"vocabulary_size\": 299"),
    ("\"end_of_document\": 0", "\"end_of_document\": 300"),
    ("\"end_of_document\": 0", "\"end_of_document\": \"0\""),
    ("\"seed\"", "\"sead\""),
    ("\"seed\"", "\"extra\": 1, \"seed\""),
    ("\"seed\"", "\"seed\": 1, \"seed\""),
    ("{", "["),
  ])
  func forgedManifest(_ old: String, _ new: String) throws {
    try forgeManifest(old, new)
    #expect(throws: DataError.self) { try readAll() }
  }

  /// Every number of a shard's footer, set to hostile values.
  @Test func forgedFooter() throws {
    let name = "train-00000.shard"
    let size = try FileSystem.byteCount(of: directory.appending(name))
    let whole = try FileContents.read(directory.appending(name))
    for field in 0..<5 {
      for value in [0, 1, 255, 1 << 16, 1 << 31, 1 << 32, 1 << 55, 1 << 63, .max] as [UInt64] {
        try change(name) { bytes in
          let start = size - 72 + 8 * field
          for index in 0..<8 {
            bytes[start + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
          }
        }
        #expect(throws: DataError.self, "field \(field) set to \(value)") { try readAll() }
        try FileContents.write(whole, to: directory.appending(name))
      }
    }
  }

  @Test func swappedShardsAreFound() throws {
    let (one, other) = ("train-00000.shard", "train-00001.shard")
    let contents = try folder.contents("data")
    try FileContents.write(contents[other] ?? [], to: directory.appending(one))
    try FileContents.write(contents[one] ?? [], to: directory.appending(other))
    #expect(throws: DataError.self) { try readAll() }
  }

  @Test func foreignTokenizer() throws {
    let other = Fingerprint(of: [1, 2, 3])
    let expected = DataError.foreignTokenizer(
      directory, expected: other, found: Fingerprint(of: fixture.tokenizer.file()))
    #expect(throws: expected) { try TokenData(directory: directory, tokenizer: other) }
    _ = try TokenData(directory: directory, tokenizer: Fingerprint(of: fixture.tokenizer.file()))
  }

  @Test func progressEndsWithAllBytes() throws {
    let data = try TokenData(directory: directory)
    var seen: [Int] = []
    try data.verify { seen.append($0) }
    #expect(seen.last == data.shardByteCount)
    #expect(seen == seen.sorted())
  }
}
