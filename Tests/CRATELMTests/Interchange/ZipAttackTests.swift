import CRATELM
import Storage
import SystemPackage
import Testing

/// Archives whose directory lies are refused before anything in them is read.
@Suite struct ZipAttackTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let pickle = Pickle.join(
    Pickle.proto, Pickle.dictionary("a", Pickle.tensor([2, 2], strides: [2, 1])), Pickle.stop)

  private static let sound = ZipBuilder([
    ("x/data.pkl", pickle), ("x/data/0", [UInt8](repeating: 0, count: 16)),
    ("x/version", Array("3\n".utf8)),
  ])

  private func expectRefusal(
    _ words: [String] = [], sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout ZipBuilder) -> Void
  ) throws {
    var builder = Self.sound
    change(&builder)
    try expectRefusal(builder.bytes, words, sourceLocation: sourceLocation)
  }

  private func expectRefusal(
    _ bytes: [UInt8], _ words: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = folder.path.appending("attack.pt")
    try FileContents.write(bytes, to: path)
    let error = #expect(throws: Damage.self, sourceLocation: sourceLocation) {
      try TorchReader(path).floats(of: "a")
    }
    for word in words {
      #expect(
        error?.description.contains(word) ?? false, "'\(word)' in: \(String(describing: error))",
        sourceLocation: sourceLocation)
    }
  }

  @Test func theSoundArchiveIsRead() throws {
    let path = folder.path.appending("sound.pt")
    try FileContents.write(Self.sound.bytes, to: path)
    #expect(try TorchReader(path).floats(of: "a").count == 4)
  }

  @Test func compressionAndEncryption() throws {
    try expectRefusal(["compressed"]) { $0.files[0].central.method = 8 }
    try expectRefusal(["compressed"]) {
      $0.files[0].central.method = 8
      $0.files[0].local.method = 8
      $0.files[0].central.byteCount = 4_000_000_000
    }
    try expectRefusal(["encrypted"]) { $0.files[0].central.flags = 1 }
    try expectRefusal(["differ"]) { $0.files[0].local.flags = 1 }
  }

  @Test func headersThatDisagree() throws {
    try expectRefusal(["differ"]) { $0.files[0].local.method = 8 }
    try expectRefusal(["differ"]) { $0.files[0].local.name = Array("x/data.pk_".utf8) }
    try expectRefusal(["differ"]) { $0.files[1].local.byteCount = 8 }
    try expectRefusal(["differ"]) { $0.files[1].local.checksum ^= 1 }
    try expectRefusal(["compressed"]) { $0.files[1].central.byteCount = 8 }
  }

  @Test func placesThatLie() throws {
    try expectRefusal(["cut off"]) { $0.files[1].central.offset = 3 }
    try expectRefusal { $0.files[1].central.offset = .max - 1 }
    try expectRefusal { $0.files[1].central.offset = .max }
    try expectRefusal(["cut off"]) {
      $0.files[1].central.byteCount = 1 << 30
      $0.files[1].central.compressedByteCount = 1 << 30
    }
    try expectRefusal(["directory"]) { $0.entryCount = 4 }
    try expectRefusal(["directory"]) { $0.entryCount = 2 }
    try expectRefusal(["directory"]) { $0.entryCount = .max }
    try expectRefusal(["directory"]) { $0.directoryOffset = 0 }
    try expectRefusal(["directory"]) { $0.directoryByteCount = .max }
    try expectRefusal(["directory"]) { $0.wide = (.max, .max, .max) }
    try expectRefusal(["directory"]) { $0.wide = (3, 0, 0) }
    try expectRefusal(["cut or extended"]) { $0.trailer = [0] }
  }

  @Test func doubledAndOverlappingFiles() throws {
    try expectRefusal(["twice"]) { $0.files.append($0.files[1]) }
    // The data of one file hold another whole one.
    var inner = Self.sound
    inner.files = [inner.files[1]]
    let nested = inner.bytes.prefix(30 + 8 + 16)
    try expectRefusal(["overlaps"]) { builder in
      builder.files[1] = ZipBuilder.File("x/outer", Array(nested))
      var file = Self.sound.files[1]
      file.bytes = []
      let pickle = builder.files[0]
      let start = 30 + pickle.local.name.count + pickle.bytes.count
      file.central.offset = UInt32(start + 30 + "x/outer".utf8.count)
      builder.files.append(file)
    }
  }

  @Test func changedNumbers() throws {
    try expectRefusal(["checksum"]) { $0.files[1].bytes[3] ^= 1 }
    try expectRefusal(["checksum"]) { $0.files[0].bytes[40] ^= 1 }
    try expectRefusal(["UTF-8"]) {
      $0.files[2].central.name = [0xFF]
      $0.files[2].local.name = [0xFF]
    }
  }

  @Test(arguments: ["", "P", "PK", "PK\u{5}\u{6}" + String(repeating: "\0", count: 18)])
  func otherFiles(content: String) throws {
    try expectRefusal(Array(content.utf8))
  }
}
