import Glibc
import Storage
import SystemPackage
import Testing

/// Directories of texts as users have them.
@Suite struct TextInputTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func train(_ input: String) -> [String] {
    ["tokenizer", "train", input, "--vocab-size", "300", "-o", folder("new")]
  }

  /// All files at fault are named at once, each with its line and a command that mends it.
  @Test func manyTextsAtFault() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try FileContents.write(bytes, to: folder.path.appending("book").appending(name))
    }
    try write("a.txt", Array("fine\n".utf8))
    try write("b c.txt", Array("one\ntwo\n".utf8) + [0xFC, 0x0A])
    try write("d.md", [0xFF, 0xFE, 0x61, 0x00])
    try write("e.jsonl", Array("{}\n".utf8))
    let result = try Program.run(train(folder("book")))
    #expect(result.status == 65)
    #expect(result.errors.hasPrefix("Error: 3 files cannot be read as text:\n"))
    let path = folder("book")
    for words in [
      "b c.txt, line 3, is not UTF-8 text: byte 8 belongs",
      "iconv -f ISO-8859-1 -t UTF-8 '\(path)/b c.txt' > '\(path)/b c.txt.utf8' && mv",
      "iconv -f UTF-16 -t UTF-8 \(path)/d.md > \(path)/d.md.utf8", "e.jsonl, line 1: expected",
    ] {
      #expect(result.errors.contains(words), "\(result.errors)")
    }
    #expect(FileSystem.kind(of: folder.path.appending("new")) == nil)
  }

  /// Files of a directory that are not read are named; endings in capitals are endings too.
  @Test func passedOverFilesAreNamed() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    for (name, text) in [("A.TXT", "Mara found the boat."), ("b.docx", "PK"), ("c.txt", "")] {
      try folder.write(text, to: "book/\(name)")
    }
    let tokenizer = try Program.run(train(folder("book")) + ["--json"])
    let documents = try tokenizer.json()["documents"]?.integer
    #expect(documents == 1)
    #expect(tokenizer.errors.contains("Passed over 1: \(folder("book/b.docx"));"))
    #expect(!tokenizer.errors.contains("A.TXT"))
    let data = try Program.run([
      "data", "pack", folder("book"), "--tokenizer", shop("tokenizer"), "-o", folder("data"),
      "--validation", "0", "--json",
    ])
    #expect(try data.json()["documents"]?.integer == documents)
    #expect(data.errors.contains("b.docx"))
  }

  /// All of a directory is read, or named with the reason why not; links do not repeat a text.
  @Test func directoriesAreReadWhole() throws {
    let path = folder.path
    for name in ["book", "other", "book/.git"] {
      try FileSystem.createDirectory(path.appending(name))
    }
    try folder.write("{\"text\": \"one\"}\n{\"text\": \"two\"}\n", to: "book/a.json")
    try folder.write("[1, 2]", to: "book/b.json")
    try folder.write("three", to: "other/c.TXT")
    try folder.write("four", to: "book/d.md")
    try folder.write("PK\u{3}\u{4}", to: "book/e.docx")
    try folder.write("%PDF-1.7", to: "book/f.pdf")
    try folder.write("x", to: "book/.git/g.txt")
    try folder.write("x", to: "book/.h.txt")
    for (name, target) in [
      ("dangling.txt", "nowhere"), ("self", "."), ("again.txt", "d.md"), ("linked", "../other"),
      ("linked-again", "../other"), ("file.txt", "../other/c.TXT"),
    ] {
      #expect(unsafe symlink(target, folder("book/\(name)")) == 0)
    }
    #expect(unsafe mkfifo(folder("book/pipe.txt"), 0o600) == 0)
    let result = try Program.run(train(folder("book")) + ["--json"])
    // a.json twice, d.md, other/c.TXT by one of its two names.
    #expect(try result.json()["documents"]?.integer == 4)
    #expect(try result.json()["bytes"]?.integer == 15)
    let reasons = [
      "again.txt (a link to what is read by itself)", "b.json (JSON, but no object in each line)",
      "dangling.txt (a link to nothing)", "e.docx (a Word document)", "f.pdf (a PDF document)",
      "linked/c.TXT (read already)",
      "linked-again (a link to what is read by itself)", "pipe.txt (no file)",
      "self (a link to what is read by itself)",
    ]
    let list = reasons.map { folder("book/\($0)") }.joined(separator: ", ")
    #expect(result.errors.contains("Passed over 11: \(list) and 2 hidden; only files"))
    try Program.expectFailure(
      66, ["a link to nothing"], train(folder("book/dangling.txt")) + ["--overwrite"])
    try Program.expectFailure(
      65, ["e.docx is a Word document, expected text; save its text"],
      train(folder("book/e.docx")) + ["--overwrite"])
  }

  /// What this program made in a directory of texts is none of the texts.
  @Test func whatWasMadeFromADirectoryIsPassedOver() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    try folder.write("Mara found the boat.", to: "book/a.txt")
    for name in ["tokenizer", "data", "run"] {
      #expect(unsafe symlink(shop(name), folder("book/\(name)")) == 0)
    }
    let result = try Program.run(train(folder("book")) + ["--json"])
    #expect(try result.json()["documents"]?.integer == 1)
    #expect(result.errors.contains("tokenizer (made by crate-lm)"), "\(result.errors)")
    #expect(result.errors.contains("Passed over 3: "), "\(result.errors)")
  }

  /// Names of files need not be UTF-8, in a directory or on the command line.
  @Test func namesThatAreNotUTF8() throws {
    let book = Array(folder("book").utf8)
    try FileSystem.createDirectory(folder.path.appending("book"))
    let names = [0xE9, 0xE8].map { Array("/caf".utf8) + [$0] + Array(".txt".utf8) }
    for (name, text) in zip(names, ["Mara", "Tobin"]) {
      let path = (book + name + [0]).map(CChar.init(bitPattern:))
      try FileContents.write(Array(text.utf8), to: FilePath(platformString: path))
    }
    for (input, bytes) in [([], 9), (names[0], 4), (names[1], 5)] as [([UInt8], Int64)] {
      let report = try Program.run(
        ["data", "pack", "--tokenizer", shop("tokenizer"), "--validation", "0", "--json"],
        bytes: [book + input, Array("-o".utf8), Array(folder("data").utf8) + [0xE9]]
          + [Array("--overwrite".utf8)]
      ).json()
      #expect(report["bytes"]?.integer == bytes)
    }
    let made = try FileSystem.entries(in: folder.path).map { $0.string }
    #expect(made == ["book", "data\u{FFFD}"])
  }

  /// A text that is given twice could be both learnt and held out.
  @Test func textsAreGivenOnce() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    for name in ["a.txt", "b.txt"] { try folder.write("Mara found \(name).", to: "book/\(name)") }
    let (book, first) = (folder("book"), folder("book/a.txt"))
    let train = ["tokenizer", "train", "-o", folder("made"), "--vocab-size", "320", "--json"]
    for inputs in [[first, first], [book, first], [book, folder("book/../book")]] {
      try Program.expectFailure(
        64, ["\(inputs[1]) adds no text to the inputs before it"], train + inputs)
    }
    // What a directory adds is read.
    let result = try Program.run(train + [first, book])
    #expect(try result.json()["documents"]?.integer == 2)
    #expect(result.errors.contains("Passed over 1: \(first) (read already)"), "\(result.errors)")
    // A link to its own directory is no text.
    try FileSystem.createDirectory(folder.path.appending("empty"))
    #expect(unsafe symlink(".", folder("empty/self")) == 0)
    try Program.expectFailure(66, ["holds no text"], train + ["--overwrite", folder("empty")])
  }

  /// A text of one's own to validate on is not learned from.
  @Test func validationOnOnesOwnText() throws {
    try FileSystem.createDirectory(folder.path.appending("book"))
    for name in ["a.txt", "b.txt", "c.txt"] {
      try folder.write("Mara found the boat in \(name).", to: "book/\(name)")
    }
    let pack = ["data", "pack", folder("book"), "--tokenizer", shop("tokenizer"), "--json", "-o"]
    let own = ["--validation-input", folder("book/../book/b.txt")]
    let report = try Program.run(pack + [folder("data")] + own).json()
    let splits = try ["train", "validation"].map { try #require(report[$0]?.object) }
    #expect(splits.map { $0["documents"]?.integer } == [2, 1])
    #expect(splits[1]["bytes"]?.integer == Int64("Mara found the boat in b.txt.".utf8.count))
    try folder.write("", to: "empty.txt")
    try Program.expectFailure(
      65, ["no text"], pack + [folder("new"), "--validation-input", folder("empty.txt")])
    try Program.expectFailure(
      64, ["--validation"], pack + [folder("new"), "--validation", "0.1"] + own)
    #expect(FileSystem.kind(of: folder.path.appending("new")) == nil)
  }
}
