import Storage
import SystemPackage
import Testing

/// Texts that are none are refused with one sentence, and nothing is written.
///
/// They are compressed files that are cut, forged or bombs, and lines that hold no document.
@Suite struct HostileTextTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pack(_ name: String, _ more: [String] = []) -> [String] {
    [
      "data", "pack", folder(name), "--tokenizer", shop("tokenizer"), "-o", folder("data"),
      "--validation", "0", "--json",
    ] + more
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try FileContents.write(bytes, to: folder.path.appending(name))
  }

  private func expectRefusal(
    _ bytes: [UInt8], as name: String, _ words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try write(bytes, to: name)
    try Program.expectFailure(65, [name] + words, pack(name), sourceLocation: sourceLocation)
    #expect(FileSystem.kind(of: folder.path.appending("data")) == nil)
  }

  private func byteCount(_ bytes: [UInt8], as name: String, _ more: [String] = []) throws -> Int64?
  {
    try write(bytes, to: name)
    return try Program.run(pack(name, more + ["--overwrite"])).json()["bytes"]?.integer
  }

  /// Made by `gzip -n` of the text "Ada" and a newline.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x73, 0x4C, 0x49, 0xE4, 0x02, 0x00,
    0x40, 0x30, 0x01, 0xD1, 0x04, 0x00, 0x00, 0x00,
  ]

  @Test func gzipFiles() throws {
    let whole = Self.gzip
    #expect(try byteCount(whole, as: "one.txt.gz") == 4)
    // Several members, and zeros behind them, as gzip itself takes them.
    #expect(try byteCount(whole + whole + [0, 0, 0] + whole, as: "three.txt.gz") == 12)
    #expect(try byteCount(whole + [0, 0], as: "padded.txt.gz") == 4)
    try FileSystem.remove(folder.path.appending("data"))
    for count in [0, 1, 2, 9, 10, 11, 15, 16, 20, whole.count - 1] {
      try expectRefusal(Array(whole.prefix(count)), as: "cut.txt.gz", ["could not be expanded"])
    }
    try expectRefusal(whole + whole.prefix(12), as: "second.txt.gz", ["cut off"])
    // What is behind a gzip is not text, and where it ends is said.
    try expectRefusal(whole + [1, 2, 3], as: "tail.txt.gz", ["byte 24", "head -c 24"])
    for place in [0, 2, 12, 16, 21] {
      var bytes = whole
      bytes[place] ^= 0x40
      try expectRefusal(bytes, as: "damaged.txt.gz", ["could not be expanded"])
    }
    try expectRefusal(Array("plain".utf8), as: "plain.txt.gz", ["header"])
  }

  private static let zstd =
    [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x04, 0x21, 0x00, 0x00] + Array("Ada\n".utf8)

  @Test func zstdFiles() throws {
    let whole = Self.zstd
    #expect(try byteCount(whole, as: "one.txt.zst") == 4)
    #expect(try byteCount(whole + whole, as: "two.txt.zst") == 8)
    // A frame to be skipped is part of the format.
    let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]
    #expect(try byteCount(skipped + whole, as: "skipped.txt.zst") == 4)
    try FileSystem.remove(folder.path.appending("data"))
    for count in [1, 4, 5, 8, 9, whole.count - 1] {
      try expectRefusal(Array(whole.prefix(count)), as: "cut.txt.zst", ["could not be expanded"])
    }
    try expectRefusal(whole + [1, 2, 3, 4, 5], as: "tail.txt.zst", ["could not be expanded"])
    // A window of 2 GiB and one of 4 TiB for four bytes; a content size of one too many; a
    // dictionary that nobody has.
    let block = whole.dropFirst(6)
    for (window, words) in [(0xA8, "--zstd-window 31"), (0xFF, "2^42")] as [(UInt8, String)] {
      try expectRefusal(whole.prefix(4) + [0x00, window] + block, as: "window.txt.zst", [words])
    }
    try expectRefusal(
      whole.prefix(4) + [0x20, 0x05] + block, as: "size.txt.zst", ["could not be expanded"])
    try expectRefusal(
      whole.prefix(4) + [0x21, 0x07, 0x04] + block, as: "key.txt.zst", ["could not be expanded"])
  }

  /// 80 KB that expand to 2.6 GB: reading ends where it is told to, and memory does not grow.
  @Test func bombs() throws {
    var bomb = Self.zstd.prefix(4) + [0x00, 0x38]
    for _ in 0..<20_000 { bomb += [0x02, 0x00, 0x10, 0x61] }
    bomb += [0x03, 0x00, 0x00, 0x61]
    #expect(
      try byteCount(Array(bomb), as: "bomb.txt.zst", ["--max-bytes", "1000000"]) == 1_000_000)
  }

  @Test(arguments: [
    ("[1]", "field"), ("{\"text\": 1}", "text"), ("{\"text\": null}", "text"), ("{}", "text"),
    ("{\"text\": \"a\", \"text\": \"b\"}", "twice"), ("{\"text\": \"\\ud800\"}", "surrogate"),
    ("{\"text\": \"a\"} x", "line 2"), ("{\"text\": \"a", "line 2"),
    (String(repeating: "[", count: 100_000), "nested"),
  ])
  func lines(line: String, word: String) throws {
    try expectRefusal(
      Array("{\"text\": \"Ada\"}\n\(line)\n".utf8), as: "lines.jsonl", ["line 2", word])
  }

  @Test func linesThatAreNotUTF8() throws {
    try expectRefusal(
      Array("{\"text\": \"".utf8) + [0xC3, 0x28] + Array("\"}\n".utf8), as: "bytes.jsonl",
      ["line 1"])
  }
}
