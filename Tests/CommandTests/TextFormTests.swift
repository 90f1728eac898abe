import Storage
import SystemPackage
import Testing

/// Texts in the forms that people have them in: JSON lines by content, other encodings, Windows'
/// line ends, lines without a document, long windows.
@Suite struct TextFormTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pack(_ input: String, _ more: [String] = []) -> [String] {
    [
      "data", "pack", input, "--tokenizer", shop("tokenizer"), "-o", folder("data"),
      "--validation", "0", "--overwrite", "--json",
    ] + more
  }

  private func write(_ bytes: [UInt8], to name: String) throws -> String {
    try FileContents.write(bytes, to: folder.path.appending(name))
    return folder(name)
  }

  private func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  /// The documents and the bytes of packed data.
  private func counts(_ result: Program.Result) throws -> [Int64?] {
    let report = try result.json()
    return [report["documents"]?.integer, report["bytes"]?.integer]
  }

  private static let lines = """
    {"text": "Mara found the boat."}
    {"text": "Ada gave it to Nell."}
    {"text": "The bell."}

    """

  /// Made by Python's gzip of the texts "Ada" and "Ivy" as JSON lines.
  private static let compressedLines: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 73, 173, 40, 81, 178, 82, 114, 76, 73, 84, 170,
    229, 170, 134, 113, 61, 203, 42, 129, 92, 0, 207, 191, 220, 193, 30, 0, 0, 0,
  ]

  /// Objects in lines are documents whatever the file is called, and a pipe's too.
  @Test func jsonLinesByContent() throws {
    for name in ["a.json", "b.JSON", "c", "d.ndjson", "e.JSONL", "f.jsonl.txt.json"] {
      let result = try Program.run(pack(write(Self.lines, to: name)))
      #expect(try counts(result) == [3, 49], "\(name)")
      #expect(result.errors.contains("by content") == (name == "c"))
    }
    let piped = try Program.run(pack("-"), input: Self.lines)
    #expect(try counts(piped) == [3, 49])
    #expect(piped.errors.contains("Read as JSON lines, by content: -;"))
    let plain = try Program.run(pack("-", ["--format", "text"]), input: Self.lines)
    #expect(try counts(plain) == [1, Int64(Self.lines.utf8.count)])
    #expect(!plain.errors.contains("JSON"))
    // A name that says text is believed, with a word.
    let named = try Program.run(pack(write(Self.lines, to: "g.txt")))
    #expect(try counts(named) == [1, Int64(Self.lines.utf8.count)])
    #expect(named.errors.contains("braces and all"))
    #expect(
      try counts(Program.run(pack(folder("g.txt"), ["--format", "jsonl"]))) == [3, 49])
    let compressed = try Program.run(pack(write(Self.compressedLines, to: "i.json.gz")))
    #expect(try counts(compressed) == [2, 6])
    let unnamed = try Program.run(pack(write(Self.compressedLines, to: "i")))
    #expect(try counts(unnamed) == [2, 6])
    let other = try write(Self.lines.replacing("text", with: "story"), to: "h.json")
    try Program.expectFailure(65, ["line 1", "--text-field", "--format text"], pack(other))
    #expect(try counts(Program.run(pack(other, ["--text-field", "story"]))) == [3, 49])
  }

  /// JSON of another arrangement is no prose.
  @Test(arguments: ["[{\"text\": \"a\"}]\n", "{\n  \"text\": \"a\"\n}\n", "12\n"])
  func otherJSON(_ text: String) throws {
    let file = try write(text, to: "a.json")
    try Program.expectFailure(65, ["an object in each line", "jq -c"], pack(file))
  }

  /// A list in brackets and a brace that opens no JSON are prose.
  @Test(arguments: ["[Music] la la\n", "{curly} words\n", "{ \"\n"])
  func proseInBrackets(_ text: String) throws {
    let result = try Program.run(pack("-"), input: text)
    #expect(try counts(result) == [1, Int64(text.utf8.count)])
  }

  /// Made by Python: `"Café – naïve\n".encode(name)`; in UTF-8 they have 17 bytes.
  private static let encoded: [(name: String, bytes: [UInt8])] = [
    ("windows-1252", [67, 97, 102, 233, 32, 150, 32, 110, 97, 239, 118, 101, 10]),
    (
      "UTF-16",
      [
        255, 254, 67, 0, 97, 0, 102, 0, 233, 0, 32, 0, 19, 32, 32, 0, 110, 0, 97, 0, 239, 0, 118,
        0, 101, 0, 10, 0,
      ]
    ),
    (
      "utf-16be",
      [
        0, 67, 0, 97, 0, 102, 0, 233, 0, 32, 32, 19, 0, 32, 0, 110, 0, 97, 0, 239, 0, 118, 0, 101,
        0, 10,
      ]
    ),
    (
      "gb18030",
      [67, 97, 102, 168, 166, 32, 168, 67, 32, 110, 97, 129, 48, 138, 55, 118, 101, 10]
    ),
    ("utf-8", Array("\u{FEFF}Café – naïve\n".utf8)),
  ]

  @Test(arguments: 0..<encoded.count) func encodings(index: Int) throws {
    let (name, bytes) = Self.encoded[index]
    let result = try Program.run(pack(write(bytes, to: "a.txt"), ["--encoding", name]))
    #expect(try counts(result) == [1, 17])
    let ids = try Program.run(["data", "read", folder("data")]).output
    let plain = try Program.run(pack(write("Café – naïve\n", to: "b.txt")))
    #expect(try counts(plain) == [1, 17])
    #expect(try Program.run(["data", "read", folder("data")]).output == ids)
  }

  /// The sentence about a text in another encoding names its line, what it may be and what to type.
  @Test func likelyEncodings() throws {
    // Made by Python: a sentence of Tolstoy in KOI8-R.
    let russian: [UInt8] = [
      247, 211, 197, 32, 211, 222, 193, 211, 212, 204, 201, 215, 217, 197, 32, 211, 197, 205, 216,
      201, 32, 208, 207, 200, 207, 214, 201, 32, 196, 210, 213, 199, 32, 206, 193, 32, 196, 210,
      213, 199, 193, 44, 32, 203, 193, 214, 196, 193, 209, 32, 206, 197, 211, 222, 193, 211, 212,
      204, 201, 215, 193, 209, 32, 211, 197, 205, 216, 209,
    ]
    let file = try write(Array("one\n".utf8) + russian, to: "a.txt")
    try Program.expectFailure(
      65,
      [
        "line 2", "if it is KOI8-R, read it with --encoding KOI8-R, or convert it: iconv -f KOI8-R",
      ],
      pack(file))
    try Program.expectFailure(
      65, ["line 1", "--encoding UTF-16LE"],
      pack(write([104, 0, 105, 0, 32, 0, 121, 0, 111, 0, 117, 0], to: "b.txt")))
    let damaged =
      Array("Fédor\nété\nça\nMoët\nnaïve\n".utf8) + [0xC3, 0x28] + Array("\nend\n".utf8)
    try Program.expectFailure(
      65, ["line 6", "the rest is UTF-8", "--skip-invalid", "iconv -c"],
      pack(write(damaged, to: "c.txt")))
    try Program.expectFailure(
      64, ["There is no encoding 'klingon'"], pack(folder("c.txt"), ["--encoding", "klingon"]))
    try Program.expectFailure(
      65, ["line 2, is not us-ascii", "--encoding"], pack(file, ["--encoding", "us-ascii"]))
  }

  /// Lines that hold no document are left out, counted and listed.
  @Test(arguments: [
    ("{\"title\": \"x\"}", "found only the fields title"), ("{\"text\": null}", "found null"),
    ("{\"text\": NaN}", "expected a value"), ("{\"text\": \"\\ud83d\"}", "surrogate"),
    ("{\"text\": \"a\", \"k\": 1, \"k\": 2}", "twice"),
    ("{\"text\": {\"en\": \"a\"}}", "object in it"),
    ("{\"text\": [\"a\"]}", "array in it"), ("{\"text\": \"a", "expected"),
  ])
  func linesLeftOut(_ line: String, _ reason: String) throws {
    let file = try write(Self.lines + line + "\n" + Self.lines, to: "a.jsonl")
    try Program.expectFailure(65, ["line 4", reason], pack(file))
    let result = try Program.run(pack(file, ["--skip-invalid"]))
    #expect(try counts(result) == [6, 98])
    #expect(result.errors.contains("Lines left out: 1\n  \(file), line 4: "))
    let report = try result.json()
    #expect(report["left_out_lines"]?.integer == 1)
    let item = report["left_out"]?.array?.first?.object
    #expect(item?["file"]?.string == file)
    #expect(item?["line"]?.integer == 4)
    #expect(item?["reason"]?.string?.contains(reason) ?? false)
  }

  /// Of a plain text the lines that are not of its encoding are left out.
  @Test func linesOfTextLeftOut() throws {
    let bytes = Array("one\n".utf8) + [0xE9, 0x0A] + Array("three\n".utf8) + [0xFF]
    let file = try write(bytes, to: "a.txt")
    let result = try Program.run(pack(file, ["--skip-invalid"]))
    #expect(try counts(result) == [1, 10])
    #expect(result.errors.contains("line 2: it is not UTF-8\n  \(file), line 4: it is not UTF-8"))
  }

  /// Windows' line ends are counted, and become others on request, also in JSON.
  @Test func windowsLineEnds() throws {
    let text = "Mara\r\nfound\r\n\r\nthe\rboat.\r"
    for (name, content) in [
      ("a.txt", text), ("b.jsonl", "{\"text\": \"Mara\\r\\nfound\\r\\n\\r\\nthe\\rboat.\\r\"}\r\n"),
    ] {
      let file = try write(content, to: name)
      let kept = try Program.run(pack(file))
      #expect(try counts(kept) == [1, 25])
      #expect(
        kept.errors.contains("Line ends of Windows (\\r\\n) in one file: 3, which become tokens"))
      #expect(try kept.json()["windows_line_ends"]?.integer == 3)
      let changed = try Program.run(pack(file, ["--line-ends", "lf"]))
      #expect(try counts(changed) == [1, 22])
      let tokenizer = [
        "tokenizer", "train", file, "--vocab-size", "260", "-o", folder("t"), "--overwrite",
        "--json", "--line-ends", "lf",
      ]
      #expect(try Program.run(tokenizer).json()["bytes"]?.integer == 22)
    }
  }

  /// A byte order mark is left out at the start of a file, and is text elsewhere.
  @Test func byteOrderMarks() throws {
    let mark = "\u{FEFF}"
    #expect(try counts(Program.run(pack(write("\(mark)Ada", to: "a.txt")))) == [1, 3])
    #expect(try counts(Program.run(pack(write("\(mark)\(mark)Ada", to: "b.txt")))) == [1, 6])
    #expect(try counts(Program.run(pack(write("A\(mark)da", to: "c.txt")))) == [1, 6])
    let lines = "\(mark){\"text\": \"\(mark)Ada\"}\n"
    #expect(try counts(Program.run(pack(write(lines, to: "d.jsonl")))) == [1, 6])
  }

  /// `train` reads with the same options, gives them to its commands and keeps to them.
  @Test func trainKeepsToItsForm() throws {
    let text = Workshop.text.replacing(". ", with: ".\r\n").replacing("boat", with: "caf\u{E9}")
    let file = try write(text.unicodeScalars.map { UInt8($0.value) }, to: "book.txt")
    let train = ["train", file, "-o", folder("book"), "--time", "5s", "--json"]
    try Program.expectFailure(65, ["--encoding ISO-8859-1"], train)
    let options = ["--encoding", "latin1", "--line-ends", "lf"]
    let result = try Program.run(train + options)
    let commands = try #require(result.json()["commands"]?.array).compactMap(\.string)
    for command in commands.prefix(2) {
      #expect(command.contains(" \(file) --encoding latin1 --line-ends lf "), "\(command)")
    }
    let inspected = try Program.run(["data", "inspect", folder("book/data"), "--json"]).json()
    let utf8 = text.replacing("\r\n", with: "\n").utf8.count
    #expect(inspected["bytes"]?.integer == Int64(utf8))
    #expect(
      result.errors.split(separator: "\n").count { $0.hasPrefix("Line ends of Windows") } == 1)
    try Program.expectFailure(
      64, ["was begun with --encoding latin1 --line-ends lf"], train + ["--line-ends", "keep"])
    #expect(try Program.run(train + options).status == 0)
  }

  /// A frame of zstd with a window of 2 GiB, made by hand (RFC 8878): "Ada" and a newline.
  @Test func longWindows() throws {
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x21, 0x00, 0x00, 65, 100, 97, 10]
    let file = try write(frame, to: "a.txt.zst")
    try Program.expectFailure(65, ["a window of 2^31 bytes", "--zstd-window 31"], pack(file))
    #expect(try counts(Program.run(pack(file, ["--zstd-window", "31"]))) == [1, 4])
    try Program.expectFailure(64, ["10 to 31"], pack(file, ["--zstd-window", "32"]))
  }
}
