import Storage
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

  /// A rank file does not say how text is split: that is asked, and kept in what is made with it.
  @Test func rankFilesAsk() throws {
    let folder = try TemporaryFolder()
    let ranks = Self.families.removingLastComponent().appending("reports")
      .appending("02-ranks.tiktoken").string
    let text = ["--text", "12345", "--tokenizer", ranks]
    try Program.expectFailure(
      64,
      [
        "02-ranks.tiktoken does not say how text is split", "r50k_base", "o200k_base",
        "--family gpt2, cl100k", "tokenizer convert \(ranks) --family cl100k -o",
      ], ["tokenizer", "encode"] + text)
    for (family, ids) in [("gpt2", "258 53\n"), ("cl100k", "256 51 52 53\n")] {
      let encoded = try Program.run(["tokenizer", "encode"] + text + ["--family", family])
      #expect(encoded.output == ids && encoded.errors.isEmpty)
    }
    try Program.expectFailure(
      64, ["family"], ["tokenizer", "encode"] + text + ["--family", "gpt9"])
    let decoded = try Program.run([
      "tokenizer", "decode", "--ids", "256 51", "--tokenizer", ranks, "--family", "cl100k",
    ])
    #expect(decoded.output == "123")
    try folder.write(String(repeating: "1234567\n", count: 200), to: "text.txt")
    let pack = ["data", "pack", folder("text.txt"), "--tokenizer", ranks, "-o", folder("data")]
    try Program.expectFailure(64, ["--family"], pack)
    #expect(try Program.run(pack + ["--family", "cl100k"]).status == 0)
    let inspect = ["tokenizer", "inspect", "--json", "--tokenizer"]
    let given = try Program.run(inspect + [ranks, "--family", "cl100k"]).json()
    #expect(given["split"]?.string == "cl100k" && given["split_known_by"]?.string == "given")
    let kept = try Program.run(inspect + [folder("data")]).json()
    #expect(kept["split"]?.string == "cl100k" && kept["split_known_by"]?.string == "file")
    try Program.expectFailure(
      64, ["says itself how text is split", "gpt2"],
      inspect + [folder("data"), "--family", "gpt2"])
    // Written as ranks, the split is gone again.
    let convert = [
      "tokenizer", "convert", folder("data"), "--format", "tiktoken", "-o", folder("ranks"),
    ]
    let ranked = try Program.run(convert)
    #expect(ranked.status == 0 && ranked.errors.contains("give --family cl100k"))
    try Program.expectFailure(64, ["does not say how text is split"], inspect + [folder("ranks")])
  }

  /// Nothing is left out between documents without a word.
  @Test func aTokenizerWithoutAnEndIsSaid() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"{"model":{"type":"BPE","vocab":{"a":0,"b":1,"Ċ":2},"merges":[]},"#
        + #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"added_tokens":[]}"#,
      to: "tokenizer.json")
    try folder.write(String(repeating: "ab\n", count: 40), to: "text.txt")
    let packed = try Program.run([
      "data", "pack", folder("text.txt"), "--tokenizer", folder("tokenizer.json"), "-o",
      folder("data"),
    ])
    #expect(packed.status == 0, "\(packed.errors)")
    #expect(packed.errors.contains("No token stands between documents"))
  }

  /// What a file asks for many texts is done on request alone; ids and masks by `tokenizers` 0.23.3.
  @Test func textsAreCutAndFilledUpOnRequest() throws {
    let reports = Self.families.removingLastComponent().appending("reports")
    let file = reports.appending("11-truncation-padding.json").string
    let texts = "Unhappy cats do not, don't\na b\n"
    func encode(_ more: [String]) throws -> Program.Result {
      try Program.run(
        ["tokenizer", "encode", "-", "--lines", "--add-special-tokens", "--tokenizer", file] + more,
        input: texts)
    }
    let plain = try encode([])
    #expect(plain.output == "2 8 9 10 11 12 13 19 14 15 16 3\n2 5 6 3\n")
    #expect(plain.errors.contains("to cut texts to 8 tokens and to fill texts up with [PAD]"))
    let both = try encode(["--truncate", "--pad"])
    #expect(both.output == "2 8 9 10 11 12 13 3\n2 5 6 3 0 0 0 0\n")
    #expect(both.errors.contains("1 of 2 texts was cut to 8 tokens"))
    let one = try Program.run([
      "tokenizer", "encode", "--text", "Unhappy cats do not, don't", "--truncate", "--tokenizer",
      file,
    ])
    #expect(one.errors.contains("The text was cut to 8 tokens"))
    let padded = try encode(["--pad", "--json"])
    #expect(padded.errors.contains("asks to cut texts to 8 tokens, which"))
    let second = try #require(try JSONValue.parse(Array(padded.output.utf8)).array?.last?.object)
    let mask = try #require(second["attention_mask"]?.array).map(\.integer)
    #expect(mask == [1, 1, 1, 1, 0, 0, 0, 0])
    #expect(second["tokens"]?.array?.last?.string == "[PAD]")
    for (option, member) in [("--truncate", "truncation"), ("--pad", "padding")] {
      try Program.expectFailure(
        64, ["14-digits.json has no \"\(member)\"", option],
        [
          "tokenizer", "encode", "--text", "a", option, "--tokenizer",
          reports.appending("14-digits.json").string,
        ])
    }
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

  /// What is wrong in a file is bad data, on the command line wrong usage.
  @Test func idsMayBeWrong() throws {
    let folder = try TemporaryFolder()
    let decode = [
      "tokenizer", "decode", "--tokenizer", Self.families.appending("gpt2.json").string,
    ]
    try folder.write("1 2\n3 x4\n", to: "ids.txt")
    for more in [[], ["--lines"]] {
      try Program.expectFailure(
        65, ["ids.txt, line 2", "\"x4\""], decode + [folder("ids.txt")] + more)
    }
    try Program.expectFailure(64, ["'x4'"], decode + ["--ids", "1 x4"])
    for id in ["999999999999", "99999999999999999999", "-5"] {
      try Program.expectFailure(65, ["no token with the id \(id)"], decode + ["--ids=\(id)"])
    }
    try folder.write("34\n35", to: "ids.txt")
    #expect(
      try Program.run(decode + ["--ids", "34 35"]).output
        == Program.run(decode + [folder("ids.txt")]).output)
  }

  @Test func badUTF8IsLocated() throws {
    let folder = try TemporaryFolder()
    let vocabulary = Self.families.appending("gpt2.json").string
    try FileContents.write(
      Array("ab\nc".utf8) + [0xFF, 0x0A], to: folder.path.appending("text.txt"))
    let result = try Program.run([
      "tokenizer", "encode", folder("text.txt"), "--lines", "--tokenizer", vocabulary,
    ])
    #expect(result.status == 65 && result.errors.contains("text.txt, line 2"))
    #expect(result.errors.contains("offset 4 of the file"))
    let converted = try Program.run([
      "tokenizer", "convert", vocabulary, "-o", folder("pair"), "--format", "vocabulary",
    ])
    #expect(converted.status == 0, "\(converted.errors)")
    let merges = folder.path.appending("pair").appending("merges.txt")
    try FileContents.write(FileContents.read(merges) + [0xFF], to: merges)
    // What is changed by hand is used once its checksums are gone.
    try FileSystem.remove(folder.path.appending("pair").appending("SHA256SUMS"))
    try Program.expectFailure(
      65, ["merges.txt", "UTF-8"],
      ["tokenizer", "encode", "--text", "a", "--tokenizer", folder("pair")])
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

  /// Every form is written, and gives the ids of the one before it.
  @Test func convertWritesEveryForm() throws {
    let folder = try TemporaryFolder()
    var source = Self.families.appending("ranks.tiktoken").string
    let text = "I'm 1234 the end\u{a0}\u{5b57}"
    let encode = ["tokenizer", "encode", "--text", text, "--family", "gpt2", "--tokenizer"]
    let expected = try Program.run(encode + [source])
    #expect(expected.status == 0)
    for form in ["json", "vocabulary", "encoder", "tiktoken", "json"] {
      let target = folder("\(form) of \(source.split(separator: "/").last ?? "")")
      let result = try Program.run([
        "tokenizer", "convert", source, "-o", target, "--format", form, "--family", "gpt2",
      ])
      #expect(result.status == 0, "\(result.errors)")
      source = target
      let ids = try Program.run(encode + [source])
      #expect(ids.output == expected.output && ids.status == 0)
    }
    let refused = try Program.run([
      "tokenizer", "convert", source, "-o", folder("lines"), "--format", "lines",
    ])
    #expect(refused.status == 64)
    #expect(refused.errors.contains("vocab.txt"))
  }

  /// Files that are read with another split say so when they are written.
  ///
  /// The ids are those of ``rankFilesAsk()``.
  @Test(arguments: ["vocabulary", "encoder"])
  func aSplitThatIsNotWrittenIsSaid(_ form: String) throws {
    let folder = try TemporaryFolder()
    let ranks = Self.families.removingLastComponent().appending("reports")
      .appending("02-ranks.tiktoken").string
    func convert(_ family: String) throws -> Program.Result {
      try Program.run([
        "tokenizer", "convert", ranks, "--family", family, "--format", form, "-o", folder(family),
      ])
    }
    let encode = ["tokenizer", "encode", "--text", "12345", "--tokenizer"]
    let said = try convert("cl100k")
    #expect(said.status == 0 && said.errors.contains("split by cl100k: give --family cl100k to"))
    #expect(try Program.run(encode + [folder("cl100k")]).output == "258 53\n")
    let given = try Program.run(encode + [folder("cl100k"), "--family", "cl100k"])
    #expect(given.output == "256 51 52 53\n")
    let inspect = ["tokenizer", "inspect", "--tokenizer", folder("cl100k")]
    let taken = "split: gpt2, taken for vocab.json with merges.txt; --family says another"
    #expect(try Program.run(inspect).output.contains(taken))
    let silent = try convert("gpt2")
    #expect(silent.status == 0 && !silent.errors.contains("--family"))
    // A split without a name is refused.
    let digits = Self.families.removingLastComponent().appending("reports")
      .appending("14-digits.json").string
    try Program.expectFailure(
      64, ["whose split is one of gpt2, cl100k"],
      ["tokenizer", "convert", digits, "--format", form, "-o", folder("digits")])
  }

  /// A file that another ICU made is used, and the difference is said.
  @Test func anotherICUIsSaid() throws {
    let folder = try TemporaryFolder()
    let corpus = Self.families.removingLastComponent().appending("tokenizer")
      .appending("corpus.txt").string
    let trained = try Program.run([
      "tokenizer", "train", corpus, "--vocab-size", "300", "-o", folder("t"), "--unicode", "9.0",
    ])
    #expect(trained.status == 0, "\(trained.errors)")
    let file = folder.path.appending("t").appending("tokenizer.json")
    let text = String(decoding: try FileContents.read(file), as: UTF8.self)
    #expect(text.contains(#""unicode_version": "9.0""#))
    let parts = text.split(separator: #""icu_version": ""#)
    let version = try #require(parts.last?.prefix { $0 != "\"" })
    let changed = parts[0] + #""icu_version": "1.5"# + parts[1].dropFirst(version.count)
    try FileContents.write(Array(changed.utf8), to: file)
    try FileSystem.remove(folder.path.appending("t").appending("SHA256SUMS"))
    let encode = ["tokenizer", "encode", "--text", "ab", "--tokenizer", folder("t")]
    let said = try Program.run(encode)
    #expect(said.status == 0)
    #expect(said.errors.contains("made with ICU 1.5 for Unicode 9.0"))
    #expect(try Program.run(encode + ["--quiet"]).errors.isEmpty)
    for arguments in [["decode", "--ids", "1"], ["inspect"]] {
      let result = try Program.run(["tokenizer"] + arguments + ["--tokenizer", folder("t")])
      #expect(result.errors.contains("ICU 1.5"))
    }
    let convert = ["tokenizer", "convert", folder("t"), "-o", folder("u")]
    #expect(try Program.run(convert).errors.contains("ICU 1.5"))
    // What is asked for is done with the ICU that is there.
    let asked = try Program.run(encode + ["--unicode", "8.0"])
    #expect(asked.status == 0 && asked.errors.isEmpty)
    #expect(try Program.run(encode + ["--unicode", "99.0"]).status == 64)
    #expect(try Program.run(encode + ["--unicode", "new"]).status == 64)
  }
}
