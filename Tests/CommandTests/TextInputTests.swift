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
      "b c.txt, line 3, is not UTF-8",
      "iconv -f LATIN1 -t UTF-8 '\(path)/b c.txt' > '\(path)/b c.txt.utf8' && mv",
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
    #expect(tokenizer.errors.contains("Passed over: \(folder("book/b.docx"));"))
    #expect(!tokenizer.errors.contains("A.TXT"))
    let data = try Program.run([
      "data", "pack", folder("book"), "--tokenizer", shop("tokenizer"), "-o", folder("data"),
      "--validation", "0", "--json",
    ])
    #expect(try data.json()["documents"]?.integer == documents)
    #expect(data.errors.contains("b.docx"))
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
