import Storage
import Testing

/// WordPiece vocabularies on the command line.
@Suite struct WordPieceTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Workshop.text, to: "text.txt")
    let trained = try Program.run([
      "tokenizer", "train", folder("text.txt"), "--type", "wordpiece", "--lowercase",
      "--vocab-size", "90", "-o", folder("tokenizer"), "--quiet",
    ])
    #expect(trained.status == 0, "\(trained.errors)")
  }

  private func encode(_ text: String, _ more: [String] = []) throws -> String {
    try Program.run(
      ["tokenizer", "encode", "--text", text, "--tokenizer", folder("tokenizer")] + more
    ).output
  }

  @Test func textGoesThroughIDsAndBack() throws {
    let ids = try encode("Mara FOUND the bóat.")
    let decoded = try Program.run([
      "tokenizer", "decode", "--ids", ids, "--tokenizer", folder("tokenizer"),
    ])
    #expect(decoded.output == "mara found the boat.")
  }

  @Test func specialTokensArePutAround() throws {
    let plain = try encode("the boat").split(whereSeparator: \.isWhitespace)
    let around = try encode("the boat", ["--add-special-tokens"])
    #expect(around.split(whereSeparator: \.isWhitespace) == ["2"] + plain + ["3"])
    let located = try Program.run([
      "tokenizer", "encode", "--text", "the [MASK]", "--tokenizer", folder("tokenizer"),
      "--add-special-tokens", "--special-tokens", "--json",
    ]).json()
    #expect(located["tokens"]?.array?.compactMap(\.string).suffix(2) == ["[MASK]", "[SEP]"])
    #expect(located["offsets"]?.array?.last == .array([.integer(0), .integer(0)]))
    let skipped = try Program.run([
      "tokenizer", "decode", "--ids", around, "--tokenizer", folder("tokenizer"),
      "--skip-special-tokens",
    ])
    #expect(skipped.output == "the boat")
  }

  @Test func aVocabularyTextIsATokenizer() throws {
    try folder.write("[UNK]\n[CLS]\n[SEP]\nthe\nboat\n##s\n", to: "vocab.txt")
    let result = try Program.run([
      "tokenizer", "encode", "--text", "The boats", "--tokenizer", folder("vocab.txt"),
      "--add-special-tokens",
    ])
    #expect(result.output == "1 3 4 5 2\n")
    try Program.expectFailure(
      64, ["vocab.txt is WordPiece, whose text is split as BERT's, not by gpt2"],
      [
        "tokenizer", "encode", "--text", "a", "--family", "gpt2", "--tokenizer",
        folder("vocab.txt"),
      ])
    let inspected = try Program.run(["tokenizer", "inspect", "--tokenizer", folder("vocab.txt")])
    #expect(inspected.output.contains("split: bert, that of WordPiece\n"))
  }

  @Test func inspectingAndPackingWork() throws {
    let report = try Program.run([
      "tokenizer", "inspect", "--tokenizer", folder("tokenizer"), "--json",
    ]).json()
    #expect(report["type"]?.string == "wordpiece")
    #expect(report["vocabulary_size"]?.integer == 90)
    #expect(report["merges"]?.isNull == true)
    try folder.write("{\"text\": \"the boat\"}\n{\"text\": \"a lamp\"}\n", to: "two.jsonl")
    let packed = try Program.run([
      "data", "pack", folder("two.jsonl"), "--tokenizer", folder("tokenizer"), "-o",
      folder("data"), "--validation", "0", "--quiet",
    ])
    #expect(packed.status == 0, "\(packed.errors)")
    // [SEP] ends every document.
    let read = try Program.run(["data", "read", folder("data")])
    let ids = read.output.split(whereSeparator: \.isWhitespace)
    #expect(ids.count { $0 == "3" } == 2)
    #expect(ids.last == "3")
  }

  @Test func mistakesAreNamed() throws {
    let train = ["tokenizer", "train", folder("text.txt"), "-o", folder("new"), "--vocab-size"]
    let small = try Program.run(train + ["6", "--type", "wordpiece"])
    #expect(small.status != 0)
    #expect(small.errors.contains("too small"))
    let limit = try Program.run(train + ["300", "--limit-alphabet", "5"])
    #expect(limit.status == 64)
    #expect(limit.errors.contains("--type wordpiece"))
    let unknown = try Program.run(train + ["300", "--type", "wordpiece", "--special", "[PAD]"])
    #expect(unknown.status != 0)
    #expect(unknown.errors.contains("[UNK]"))
  }
}
