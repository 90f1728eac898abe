import CRATELM
import Storage
import SystemPackage
import Testing

/// Files that break a rule of the format are refused before anything is read from them.
@Suite struct SafeTensorsTests {
  private func read(header: String, data: Int, length: UInt64? = nil) throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("file.safetensors")
    let json = Array(header.utf8)
    let prefix = (0..<8).map {
      UInt8(truncatingIfNeeded: (length ?? UInt64(json.count)) >> (8 * $0))
    }
    try FileContents.write(prefix + json + [UInt8](repeating: 0, count: data), to: path)
    _ = try SafeTensorsReader(path)
  }

  private func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    "{\"dtype\": \"\(dtype)\", \"shape\": \(shape), \"data_offsets\": \(offsets)}"
  }

  @Test func soundFilesAreRead() throws {
    try read(header: "{}", data: 0)
    try read(header: "{\"a\": \(tensor("F32", "[2, 1]", "[0, 8]"))}   ", data: 8)
    try read(header: "{\"a\": \(tensor("F32", "[]", "[0, 4]"))}", data: 4)
    try read(header: "{\"a\": \(tensor("F32", "[0]", "[0, 0]"))}", data: 0)
    try read(header: "{\"__metadata__\": {\"k\": \"v\"}}", data: 0)
    try read(header: "{\"../\\u0000\": \(tensor("BF16", "[2]", "[0, 4]"))}", data: 4)
    try read(header: "{\"a\": \(tensor("BOOL", "[3]", "[0, 3]"))}", data: 3)
  }

  /// What is rounded to single precision: halves exactly, doubles to nearest.
  @Test func otherPrecisionsAreConverted() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("file.safetensors")
    for (type, bytes, value) in [
      ("F16", [0x00, 0x3E], 1.5), ("F16", [0x01, 0x00], 0x1p-24), ("BF16", [0xC0, 0xBF], -1.5),
      ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], 1.5), ("F32", [0, 0, 0xC0, 0x3F], 1.5),
      ("F64", [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F], 0.1),
    ] as [(String, [UInt8], Float)] {
      let json = Array("{\"a\": \(tensor(type, "[1]", "[0, \(bytes.count)]"))}".utf8)
      try FileContents.write([UInt8(json.count)] + [0, 0, 0, 0, 0, 0, 0] + json + bytes, to: path)
      #expect(try SafeTensorsReader(path).floats(of: "a") == [value])
    }
  }

  @Test(arguments: [
    ("", 0), ("[]", 0), (" {}", 0), ("{", 0), ("null", 0), ("{}", 1),
    ("{\"__metadata__\": {\"k\": 1}}", 0), ("{\"a\": {}}", 0), ("{\"a\": 3}", 0), ("{}\n", 0),
    ("{}\t", 0), ("{}\0", 0), ("{} {}", 0), ("{}x", 0), ("\u{FEFF}{}", 0), ("{\"a\": {}, }", 0),
    (String(repeating: "{\"a\":", count: 100_000), 0), ("{\"__metadata__\": []}", 0),
  ])
  func brokenHeadersAreRefused(header: String, data: Int) {
    #expect(throws: Damage.self) { try read(header: header, data: data) }
  }

  @Test(arguments: [
    ("F32", "[2]", "[0, 4]"), ("F32", "[1]", "[0, 8]"), ("F99", "[1]", "[0, 4]"),
    ("F32", "[1]", "[4, 8]"), ("F32", "[1]", "[4, 0]"), ("F32", "[1]", "[0, 400]"),
    ("F32", "[-1]", "[0, 4]"), ("F32", "[1.5]", "[0, 4]"), ("F32", "[1]", "[0]"),
    ("F32", "[1]", "[0, \"4\"]"), ("F32", "[4611686018427387904, 4]", "[0, 4]"),
    ("F32", "[99999999999999999999]", "[0, 4]"), ("F32", "[1]", "[0, 4, 4]"),
    ("F32", "[1]", "[-4, 0]"), ("F32", "[1]", "[0.0, 4.0]"), ("F32", "[1]", "[0, 4e0]"),
    ("F32", "[1]", "[9007199254740993, 9007199254740997]"), ("f32", "[1]", "[0, 4]"),
    ("F32", "[1]", "[18446744073709551612, 18446744073709551616]"), ("F4", "[8]", "[0, 4]"),
    ("F8_E4M3", "[4]", "[0, 4]"), ("", "[1]", "[0, 4]"), ("F16", "[1]", "[0, 4]"),
    ("F32", "null", "[0, 4]"), ("F32", "[true]", "[0, 4]"), ("F32", "[0, 1]", "[0, 4]"),
  ])
  func brokenTensorsAreRefused(dtype: String, shape: String, offsets: String) {
    #expect(throws: Damage.self) {
      try read(header: "{\"a\": \(tensor(dtype, shape, offsets))}", data: 4)
    }
  }

  @Test func overlapsHolesAndDuplicatesAreRefused() {
    let first = tensor("F32", "[1]", "[0, 4]")
    let third = tensor("F32", "[1]", "[8, 12]")
    #expect(throws: Damage.self) {
      try read(header: "{\"a\": \(first), \"b\": \(first)}", data: 4)
    }
    #expect(throws: Damage.self) {
      try read(header: "{\"a\": \(first), \"b\": \(third)}", data: 12)
    }
    #expect(throws: Damage.self) {
      try read(header: "{\"a\": \(first), \"a\": \(first)}", data: 4)
    }
  }

  /// Many tensors cost what their text does: those that share bytes are refused, those without any
  /// are read.
  @Test(.timeLimit(.minutes(3)), arguments: [4, 0]) func manyTensors(byteCount: Int) throws {
    let shape = byteCount == 0 ? "[0]" : "[1]"
    let one = tensor("F32", shape, "[0, \(byteCount)]")
    let members = (0..<200_000).map { "\"\($0)\": \(one)" }.joined(separator: ",")
    if byteCount == 0 {
      try read(header: "{\(members)}", data: 0)
    } else {
      #expect(throws: Damage.self) { try read(header: "{\(members)}", data: byteCount) }
    }
  }

  @Test func headersThatAreNotUTF8AreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("file.safetensors")
    for bytes in [[0x7B, 0x22, 0xFF, 0x22], [0x7B, 0xC0, 0x80, 0x7D]] as [[UInt8]] {
      try FileContents.write([UInt8(bytes.count), 0, 0, 0, 0, 0, 0, 0] + bytes, to: path)
      #expect(throws: Damage.self) { try SafeTensorsReader(path) }
    }
  }

  /// A file that is cut while it is open gives an error, where a mapping would end the process.
  @Test func filesThatShrinkAreRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = try TinyRun.weights(in: folder.path)
    let path = folder.path.appending("file.safetensors")
    try FileContents.write(bytes, to: path)
    let reader = try SafeTensorsReader(path)
    try FileDescriptor.open(path, .writeOnly, options: .truncate).close()
    #expect(throws: Damage.self) { try reader.verify() }
    #expect(throws: (any Error).self) { try reader.floats(of: reader.tensors[0].name) }
  }

  /// Files of other programs have no checksums; a part of a list of them is damage.
  @Test func checksumsThatLieAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("file.safetensors")
    let whole = String(decoding: try TinyRun.weights(in: folder.path), as: Unicode.ASCII.self)
    for (old, new) in [
      ("crc32_blocks", "crc32_blocke"), ("crc32_block_bytes", "crc32_block_bytez"),
      ("crc32_header", "crc32_headed"), ("\"1048576\"", "\"0000000\""),
      ("\"1048576\"", "\"9999999\""), ("\"1048576\"", "\"-999999\""),
      ("\"1048576\"", "\"0000001\""),
    ] {
      let forged = whole.replacing(old, with: new, maxReplacements: 1)
      try FileContents.write(forged.unicodeScalars.map { UInt8($0.value & 0xFF) }, to: path)
      #expect(throws: Damage.self, "\(new)") { try SafeTensorsReader(path) }
    }
  }

  @Test(arguments: [0, 1, 3, 100_000_001, UInt64.max, UInt64.max - 7] as [UInt64])
  func impossibleHeaderLengthsAreRefused(length: UInt64) {
    #expect(throws: Damage.self) { try read(header: "{}", data: 0, length: length) }
  }

  @Test func filesShorterThanTheirLengthAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("short")
    for count in 0..<8 {
      try FileContents.write([UInt8](repeating: 0, count: count), to: path)
      #expect(throws: Damage.self) { try SafeTensorsReader(path) }
    }
  }

  /// Every tensor that does not fit is named.
  @Test func mismatchesAreAllNamed() throws {
    let model = try LanguageModel(
      zeros: ModelConfiguration(
        depth: 1, width: 8, headCount: 1, contextLength: 4, vocabularySize: 5))
    do {
      try TensorFile.read(
        [TensorFile.Part(layout: model.layout, buffer: model.parameters.values)],
        from: Fixture.path("model/crate.safetensors"))
      Issue.record("a file of another model was read")
    } catch let error as CheckpointError {
      guard case .mismatch(_, let problems) = error else { throw error }
      #expect(problems.contains { $0.contains("token_embedding") && $0.contains("[5, 8]") })
      #expect(problems.contains { $0.contains("layers.2.ista.dictionary") })
    }
  }
}
