import Storage
import Testing

/// `evaluate perplexity` and `score` on the command line.
@Suite struct EvaluationTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func evaluate(_ more: [String]) throws -> JSONObject {
    try Program.run(["evaluate", "perplexity", "--model", shop("run"), "--json"] + more).json()
  }

  /// The sum of the log-probabilities of `ids`, in a text of its own.
  private func score(_ ids: [Int64], model: String? = nil, from first: Int = 0) throws -> Double {
    let report = try Program.run([
      "score", "--model", model ?? shop("run"), "--json", "--ids",
      ids.map(String.init).joined(separator: " "),
    ]).json()
    return (report["log_probabilities"]?.array ?? []).dropFirst(first).compactMap(\.double)
      .reduce(0, +)
  }

  private func encode(_ text: String) throws -> [Int64] {
    let report = try Program.run([
      "tokenizer", "encode", "--text", text, "--tokenizer", shop("tokenizer"), "--json",
    ]).json()
    return report["ids"]?.array?.compactMap(\.integer) ?? []
  }

  /// Against `len(re.split(r"\s+", text))` of Python 3.12.
  @Test func wordsAreCountedAsPythonDoes() throws {
    let cases = [
      ("one", 1), ("one two", 2), (" one", 2), ("one ", 2), ("  \n one\t\ttwo \n", 4),
      ("a\u{A0}b", 2), ("a\u{3000}b\u{2003}c", 3), ("a\u{1C}b\u{1F}c", 3), ("a\u{200B}b", 1),
      ("a\u{85}b\u{2028}c", 3), ("日本 語", 2), ("\u{FEFF}a b", 2), ("a\u{180E}b", 1), ("", 1),
    ]
    let lines = cases.map { text, _ in
      String(
        decoding: JSONValue.object(JSONObject([("text", .string(text))])).serialized(),
        as: UTF8.self)
    }
    try folder.write(lines.joined(separator: "\n"), to: "all.jsonl")
    let report = try evaluate(["--text", folder("all.jsonl")])
    #expect(report["words"]?.integer == Int64(cases.reduce(0) { $0 + $1.1 }))
    #expect(report["bytes"]?.integer == Int64(cases.reduce(0) { $0 + $1.0.utf8.count }))
    #expect(report["documents"]?.integer == 14)
    for (line, (text, words)) in zip(lines, cases) where !text.isEmpty {
      try folder.write(line, to: "one.jsonl")
      let found = try evaluate(["--text", folder("one.jsonl")])["words"]?.integer
      #expect(found == Int64(words), "\(text.debugDescription)")
    }
  }

  /// The definitions of lm-evaluation-harness, from the sums in the report.
  @Test func unitsFollowTheirDefinitions() throws {
    try folder.write("{\"body\": \"Mara found the boat.\"}\n{\"body\": \" Ada \"}\n", to: "t.jsonl")
    let report = try evaluate(["--text", folder("t.jsonl"), "--text-field", "body", "--seed", "9"])
    func number(_ key: String) throws -> Double { try #require(report[key]?.double) }
    let first = try encode("Mara found the boat.")
    let second = try encode(" Ada ")
    let total = try -(score([0] + first) + score([0] + second))
    #expect(try abs(number("loss") * number("tokens") - total) < 1e-4)
    #expect(report["tokens"]?.integer == Int64(first.count + second.count))
    #expect(report["words"]?.integer == 7)
    #expect(report["bytes"]?.integer == 25)
    let ln2 = 0.693147180559945309
    #expect(try abs(number("bits_per_byte") * 25 * ln2 - total) < 1e-4)
    let bits = try number("bits_per_byte")
    // 2^bits by its series, without a mathematics library.
    var (power, term) = (1.0, 1.0)
    for index in 1..<60 {
      term *= bits * ln2 / Double(index)
      power += term
    }
    #expect(try abs(number("byte_perplexity") - power) < 1e-6 * power)
    for (key, value) in [
      ("protocol", "document"), ("metric", "log-likelihood"), ("prefix_token", "<|endoftext|>"),
    ] {
      #expect(report[key]?.string == value)
    }
    #expect(report["context"]?.integer == 32)
    #expect(report["unknown_tokens"]?.integer == 0)
    #expect(report["stride"]?.isNull == true)
    let tokenizer = try Program.run([
      "tokenizer", "inspect", "--tokenizer", shop("tokenizer"), "--json",
    ]).json()
    #expect(report["tokenizer"]?.string == tokenizer["tokenizer"]?.string)
    let error = try #require(report["standard_error"]?.object)
    #expect(error["over"]?.string == "documents")
    #expect(error["count"]?.integer == 2)
    #expect(error["seed"]?.integer == 9)
    #expect(try #require(error["loss"]?.double) > 0)
  }

  /// Windows of 16 tokens every 8 tokens, by `score` of each.
  @Test func slidingWindows() throws {
    let text = Workshop.text.prefix(150)
    try folder.write(String(text), to: "t.txt")
    let ids = try encode(String(text))
    #expect(ids.count > 24)
    var (total, previous, begin) = (0.0, 1, 0)
    while previous < ids.count {
      let end = min(begin + 16, ids.count)
      total -= try score(Array(ids[begin..<end]), from: previous - begin)
      (previous, begin) = (end, begin + 8)
    }
    let arguments = ["--text", folder("t.txt"), "--protocol", "sliding", "--context", "16"]
    for more in [["--stride", "8"], []] {
      let report = try evaluate(arguments + more)
      #expect(report["tokens"]?.integer == Int64(ids.count - 1))
      #expect(report["stride"]?.integer == 8)
      #expect(report["context"]?.integer == 16)
      #expect(report["prefix_token"]?.isNull == true)
      let loss = try #require(report["loss"]?.double)
      #expect(abs(loss * Double(ids.count - 1) - total) < 1e-4)
      #expect(report["standard_error"]?.object?["over"]?.string == "windows")
    }
  }

  /// A text is what the same text is after packing.
  @Test func textAndDataAgree() throws {
    try folder.write(String(Workshop.text.prefix(2000)), to: "a.txt")
    try folder.write(" " + String(Workshop.text.suffix(1000)) + "\n", to: "b.txt")
    let packed = try Program.run([
      "data", "pack", folder("a.txt"), folder("b.txt"), "--tokenizer", shop("tokenizer"), "-o",
      folder("data"), "--validation", "0", "--quiet",
    ])
    #expect(packed.status == 0, "\(packed.errors)")
    for choice in ["document", "sliding", "chunk"] {
      let text = try evaluate([
        "--text", folder("a.txt"), folder("b.txt"), "--protocol", choice,
      ])
      let data = try evaluate(["--data", folder("data"), "--split", "train", "--protocol", choice])
      for key in ["tokens", "documents", "protocol", "metric", "context", "prefix_token"] {
        #expect(text[key].map { "\($0)" } == data[key].map { "\($0)" }, "\(choice), \(key)")
      }
      for key in ["loss", "bits_per_byte", "word_perplexity"] {
        let (a, b) = (try #require(text[key]?.double), try #require(data[key]?.double))
        #expect(abs(a - b) < 2e-3 * a, "\(choice), \(key): \(a) and \(b)")
      }
    }
  }

  @Test func badInput() throws {
    try folder.write("", to: "empty.txt")
    try folder.write("M", to: "one.txt")
    try folder.write("{\"text\": \"a\"}\n{\"text\": 1}\n", to: "bad.jsonl")
    let command = ["evaluate", "perplexity", "--model", shop("run")]
    for (status, words, arguments) in [
      (65, ["no text"], ["--text", folder("empty.txt")]),
      (64, ["1 token", "sliding"], ["--text", folder("one.txt"), "--protocol", "sliding"]),
      (64, ["chunk", "context"], ["--text", folder("one.txt"), "--protocol", "chunk"]),
      (65, ["line 2", "text"], ["--text", folder("bad.jsonl")]),
      (66, ["missing"], ["--text", folder("missing.txt")]),
      (64, ["--context", "32"], ["--text", folder("one.txt"), "--context", "33"]),
      (64, ["--context"], ["--text", folder("one.txt"), "--context", "0"]),
      (64, ["--stride"], ["--text", folder("one.txt"), "--stride", "4"]),
      (
        64, ["stride", "33"],
        ["--text", folder("one.txt"), "--protocol", "sliding", "--stride", "33"]
      ),
      (64, ["masked"], ["--text", folder("one.txt"), "--metric", "original"]),
      (64, ["--text", "--data"], []),
    ] as [(Int32, [String], [String])] {
      let result = try Program.run(command + arguments)
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.output.isEmpty)
      for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
    }
    let one = try Program.run(["score", "--model", shop("run"), "--ids", "5"])
    #expect(one.status == 64)
    #expect(one.errors.contains("one token"))
    // One token after the prefix token is a text.
    let single = try evaluate(["--text", folder("one.txt")])
    #expect(single["tokens"]?.integer == 1)
    #expect(single["standard_error"]?.isNull == true)
  }
}
