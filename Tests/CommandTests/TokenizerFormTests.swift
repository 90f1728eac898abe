import Files
import StrictJSON
import SystemPackage
import Testing

/// Tokenizers in the forms in which others publish them, on the command line.
@Suite struct TokenizerFormTests {
  private static let families = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .appending("Fixtures").appending("families")

  @Test func convertWritesAndKeepsWhatIsThere() throws {
    let folder = try TemporaryFolder()
    let source = Self.families.appending("ranks.tiktoken").string
    let arguments = ["tokenizer", "convert", source, "--family", "o200k", "-o", folder("o200k")]
    #expect(try Program.run(arguments).status == 0)
    let again = try Program.run(arguments)
    #expect(again.status != 0)
    #expect(again.errors.contains("--overwrite"))
    #expect(try Program.run(arguments + ["--overwrite"]).status == 0)
    let ids = try Program.run([
      "tokenizer", "encode", "--text", "I'M 1234 the end", "--tokenizer", folder("o200k"),
    ])
    let others = try Program.run([
      "tokenizer", "encode", "--text", "I'M 1234 the end", "--tokenizer",
      Self.families.appending("gpt2.json").string,
    ])
    #expect(ids.status == 0 && others.status == 0)
    #expect(ids.output != others.output)
  }

  @Test func linesMayBeJSONStrings() throws {
    let tokenizer = Self.families.appending("gpt2.json").string
    let result = try Program.run(
      ["tokenizer", "encode", "-", "--json-lines", "--tokenizer", tokenizer],
      input: "\"!\\n!\"\n\"\"\n\"!\"\n")
    #expect(result.output.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
    #expect(result.output.hasSuffix("\n\n1\n"))
    let wrong = try Program.run(
      ["tokenizer", "encode", "-", "--json-lines", "--tokenizer", tokenizer],
      input: "\"a\"\n7\n")
    #expect(wrong.status != 0)
    #expect(wrong.errors.contains("line 2"))
  }

  @Test func benchMeasuresATokenizer() throws {
    let corpus = Self.families.removingLastComponent().appending("tokenizer")
      .appending("corpus.txt").string
    let report = try Program.run([
      "bench", "tokenizer", corpus, "--tokenizer", Self.families.appending("cl100k.json").string,
      "--threads", "2", "--passes", "1", "--json",
    ]).json()
    #expect(report["threads"]?.integer == 2)
    #expect(report["tokens"]?.integer ?? 0 > 1000)
    for key in ["cold_mbytes_per_second", "warm_mbytes_per_second"] {
      #expect(report[key]?.double ?? 0 > 0)
    }
  }
}
