import Storage
import SystemPackage
import Testing

/// `evaluate blimp`, `lambada` and `choice` against `score`, with a causal and a masked model.
@Suite struct TaskTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try MaskedWorkshop.folder()
    folder = try TemporaryFolder()
  }

  /// The ids of `text` in the causal model's vocabulary.
  private func encode(_ text: String) throws -> [Int64] {
    let report = try Program.run([
      "tokenizer", "encode", "--text", text, "--tokenizer", shop("tokenizer"), "--json",
    ]).json()
    return report["ids"]?.array?.compactMap(\.integer) ?? []
  }

  /// log P of the tokens of `context` + `continuation` behind those of the context.
  private func score(_ context: String, _ continuation: String) throws -> Double {
    let ids = try (context.isEmpty ? [0] : []) + encode(context + continuation)
    let first = try context.isEmpty ? 1 : encode(context).count
    let report = try Program.run([
      "score", "--model", shop("run"), "--ids", ids.map(String.init).joined(separator: " "),
      "--json",
    ]).json()
    return (report["log_probabilities"]?.array ?? []).dropFirst(first).compactMap(\.double)
      .reduce(0, +)
  }

  private func pseudoScore(_ text: String, _ metric: String) throws -> Double {
    let report = try Program.run([
      "score", "--model", shop("masked-run"), "--text", text, "--metric", metric, "--json",
    ]).json()
    return try #require(report["total"]?.double)
  }

  private func line(_ members: [(key: String, value: JSONValue)]) -> String {
    String(decoding: JSONValue.object(JSONObject(members)).serialized(), as: UTF8.self) + "\n"
  }

  private let pairs = [
    ("Mara found the boat.", "Mara found boat the."), ("boat the found", "Ada gave it to Nell."),
    ("Tobin gave it to Ivy.", "Tobin it gave to Ivy."), ("The bell.", "The bell."),
    ("gave it to Bram.", "it to Bram gave."),
  ]

  private func writePairs() throws {
    func line(_ pair: (String, String), _ name: String, _ field: String) -> String {
      self.line([
        ("sentence_good", .string(pair.0)), ("sentence_bad", .string(pair.1)),
        ("field", .string(field)), ("linguistics_term", .string("\(name)-term")),
        ("UID", .string(name)),
      ])
    }
    try FileSystem.createDirectory(folder.path.appending("blimp"))
    try folder.write(pairs[..<2].map { line($0, "a", "syntax") }.joined(), to: "blimp/a.jsonl")
    try folder.write(pairs[2..<4].map { line($0, "b", "syntax") }.joined(), to: "blimp/b.jsonl")
    try folder.write(line(pairs[4], "c", "semantics"), to: "blimp/c.jsonl")
    try folder.write("no pairs", to: "blimp/README.txt")
  }

  private func expectPairs(_ report: JSONObject, _ scores: [(good: Double, bad: Double)]) throws {
    let right = scores.map { $0.good >= $0.bad ? 1.0 : 0 }
    let accuracies = [(right[0] + right[1]) / 2, (right[2] + right[3]) / 2, right[4]]
    let paradigms = report["paradigms"]?.array?.compactMap(\.object) ?? []
    #expect(paradigms.map { $0["name"]?.string } == ["a", "b", "c"])
    #expect(paradigms.compactMap { $0["accuracy"]?.double } == accuracies)
    #expect(paradigms.compactMap { $0["pairs"]?.integer } == [2, 2, 1])
    let fields = report["fields"]?.array?.compactMap(\.object) ?? []
    #expect(fields.map { $0["name"]?.string } == ["syntax", "semantics"])
    #expect(
      fields.compactMap { $0["accuracy"]?.double }
        == [(accuracies[0] + accuracies[1]) / 2, accuracies[2]])
    #expect(report["linguistics_terms"]?.array?.count == 3)
    #expect(report["pairs"]?.integer == 5)
    #expect(report["ties"]?.integer == 1)
    let accuracy = try #require(report["accuracy"]?.double)
    #expect(abs(accuracy - accuracies.reduce(0, +) / 3) < 1e-12)
  }

  @Test func pairsOfACausalModel() throws {
    try writePairs()
    let command = ["evaluate", "blimp", "--model", shop("run")]
    let report = try Program.run(command + [folder("blimp"), "--json"]).json()
    try expectPairs(
      report, pairs.map { (try score("", " " + $0.0), try score("", " " + $0.1)) })
    #expect(report["metric"]?.string == "log-likelihood")
    let plain = try Program.run(command + ["a", "b", "c"].map { folder("blimp/\($0).jsonl") })
    #expect(plain.status == 0)
    #expect(plain.output.contains("5 pairs"))
  }

  @Test(arguments: ["within-word", "original"]) func pairsOfAMaskedModel(metric: String) throws {
    try writePairs()
    let report = try Program.run([
      "evaluate", "blimp", "--model", shop("masked-run"), folder("blimp"), "--metric", metric,
      "--json",
    ]).json()
    try expectPairs(
      report, pairs.map { (try pseudoScore($0.0, metric), try pseudoScore($0.1, metric)) })
    #expect(report["metric"]?.string == "pseudo-log-likelihood, \(metric)")
  }

  /// The last word after a space is the target, in both forms of the file.
  @Test func lastWords() throws {
    let texts = [
      "Mara found the boat and gave it to", "Ada found the lamp and gave it",
      "Gideon found the stone and gave", "Nell found the map and gave it to Ada. \"Thank",
    ]
    let targets = ["Nell.", "to", "it", "you,\""]
    let whole = zip(texts, targets).map { line([("text", .string("\($0) \($1)"))]) }
    let parts = zip(texts, targets).map {
      line([("context", .string($0)), ("continuation", .string($1))])
    }
    try folder.write(whole.joined(), to: "whole.jsonl")
    try folder.write(parts.joined(separator: "\n"), to: "parts.jsonl")
    let scores = try zip(texts, targets).map { try score($0, " " + $1) }
    for name in ["whole.jsonl", "parts.jsonl"] {
      let report = try Program.run([
        "evaluate", "lambada", "--model", shop("run"), folder(name), "--json",
      ]).json()
      #expect(report["examples"]?.integer == 4)
      let perplexity = try #require(report["perplexity"]?.double)
      #expect(abs(perplexity - exponential(-scores.reduce(0, +) / 4)) < 1e-4 * perplexity)
      // What greedy generation writes next begins with the target where that is counted right.
      let right = try zip(texts, targets).count { text, target in
        let count = try encode("\(text) \(target)").count - encode(text).count
        let sample = try Program.run([
          "generate", "--model", shop("run"), "--prompt", text, "--temperature", "0",
          "--max-tokens", "\(count)", "--json",
        ]).json()
        return sample["samples"]?.array?.first?.object?["text"]?.string == " " + target
      }
      #expect(report["accuracy"]?.double == Double(right) / 4)
      #expect(right > 0)
    }
  }

  /// e^x by its series, without a mathematics library.
  private func exponential(_ x: Double) -> Double {
    let small = x / 64
    var (sum, term) = (1.0, 1.0)
    for index in 1..<30 {
      term *= small / Double(index)
      sum += term
    }
    for _ in 0..<6 { sum *= sum }
    return sum
  }

  @Test func choices() throws {
    // White space at the end of a context belongs to the endings.
    let examples = [
      ("Mara found the boat and gave it", ["to Nell.", "a", "boat boat boat"], 0),
      ("Mara found the boat and ", ["gave it to Ada.", "“é”"], 1),
      ("", ["Ivy found the map", "map the found Ivy"], 0),
    ]
    let lines = examples.map { context, endings, label in
      line([
        ("context", .string(context)), ("endings", .array(endings.map { .string($0) })),
        ("label", .integer(Int64(label))),
      ])
    }
    try folder.write(lines.joined(), to: "choice.jsonl")
    let report = try Program.run([
      "evaluate", "choice", "--model", shop("run"), folder("choice.jsonl"), "--json",
    ]).json()
    func accuracy(_ length: (String) -> Int) throws -> Double {
      let right = try examples.count { context, endings, label in
        let (words, space) = context.hasSuffix(" ") ? (context.dropLast(), " ") : (context[...], "")
        let values = try endings.map {
          try score(String(words), space + " " + $0) / Double(length($0))
        }
        return values.firstIndex(of: values.max() ?? 0) == label
      }
      return Double(right) / 3
    }
    #expect(report["accuracy"]?.double == (try accuracy { _ in 1 }))
    #expect(report["acc_norm"]?.double == (try accuracy { $0.unicodeScalars.count }))
    #expect(report["acc_bytes"]?.double == (try accuracy { $0.utf8.count }))
    #expect(report["examples"]?.integer == 3)
    let masked = try Program.run([
      "evaluate", "choice", "--model", shop("masked-run"), folder("choice.jsonl"), "--json",
    ]).json()
    #expect(masked["examples"]?.integer == 3)
    // A label may be the number as a text, or the text of the ending.
    for label in [{ "\($1)" }, { $0[$1] }] as [([String], Int) -> String] {
      let lines = examples.map { context, endings, index in
        line([
          ("context", .string(context)), ("endings", .array(endings.map { .string($0) })),
          ("label", .string(label(endings, index))),
        ])
      }
      try folder.write(lines.joined(), to: "labels.jsonl")
      let same = try Program.run([
        "evaluate", "choice", "--model", shop("run"), folder("labels.jsonl"), "--json",
      ])
      #expect(try same.json() == report)
    }
  }

  /// `evaluate perplexity` of a masked model is the sum of `score` over its documents.
  @Test(arguments: ["within-word", "original"]) func pseudoPerplexity(metric: String) throws {
    let texts = ["Mara found the boat.", "Gideon gave it to Ivy. \"Thank you,\" said Ivy."]
    try folder.write(texts.map { line([("text", .string($0))]) }.joined(), to: "t.jsonl")
    let report = try Program.run([
      "evaluate", "perplexity", "--model", shop("masked-run"), "--text", folder("t.jsonl"),
      "--metric", metric, "--json",
    ]).json()
    let total = try texts.reduce(0) { $0 - (try pseudoScore($1, metric)) }
    let loss = try #require(report["loss"]?.double)
    let tokens = try #require(report["tokens"]?.double)
    #expect(abs(loss * tokens - total) < 1e-4)
    #expect(report["protocol"]?.string == "document")
    #expect(report["formula"]?.string?.contains("W without w_t") == true)
    #expect(report["bytes"]?.integer == Int64(texts.reduce(0) { $0 + $1.utf8.count }))
    let chunks = try Program.run([
      "evaluate", "perplexity", "--model", shop("masked-run"), "--data", shop("masked-data"),
      "--protocol", "chunk", "--json",
    ]).json()
    #expect(chunks["bits_per_byte"]?.double != nil)
    #expect(chunks["words"]?.isNull == true)
  }

  @Test func unknownTokensAreCounted() throws {
    try folder.write("Mara found the 魚. 魚 魚", to: "t.txt")
    let report = try Program.run([
      "evaluate", "perplexity", "--model", shop("masked-run"), "--text", folder("t.txt"), "--json",
    ]).json()
    #expect(report["unknown_tokens"]?.integer == 3)
  }

  @Test func badFiles() throws {
    let pair = "{\"sentence_good\": \"a\", \"sentence_bad\": \"b\"}\n"
    let long = Array(repeating: "boat", count: 200).joined(separator: " ")
    for (command, model, text, status, words) in [
      ("blimp", "run", pair + "{\"sentence_good\": \"a\"", 65, ["line 2", "JSON"]),
      ("blimp", "run", pair + "\n[1]", 65, ["line 3", "object"]),
      ("blimp", "run", "{\"sentence_good\": \"a\"}", 65, ["line 1", "sentence_bad"]),
      ("blimp", "run", "\n\n", 65, ["pairs"]),
      ("blimp", "masked-run", "{\"sentence_good\": \"\", \"sentence_bad\": \"b\"}", 65, ["line 1"]),
      (
        "blimp", "masked-run", "{\"sentence_good\": \"\(long)\", \"sentence_bad\": \"b\"}", 65,
        ["line 1", "200 tokens"]
      ),
      ("lambada", "run", "{\"text\": \"word\"}", 65, ["line 1", "text"]),
      ("lambada", "run", "{\"continuation\": \"word\"}", 65, ["line 1", "context"]),
      ("lambada", "masked-run", "{\"text\": \"two words\"}", 64, ["masked"]),
      (
        "choice", "run", "{\"context\": \"a\", \"endings\": [\"b\"], \"label\": 0}", 65, ["endings"]
      ),
      (
        "choice", "run", "{\"context\": \"a\", \"endings\": [\"b\", \"c\"], \"label\": 2}", 65,
        ["label", "0 to 1"]
      ),
      (
        "choice", "run", "{\"context\": \"a\", \"endings\": [\"b\", 3], \"label\": 0}", 65,
        ["endings"]
      ),
      (
        "choice", "run", "\n{\"context\": \"a\", \"endings\": [\"b\", \"c\"], \"label\": \"d\"}",
        65,
        ["line 2", "0 to 1, or its text"]
      ),
      (
        "choice", "run", "{\"context\": \"a\", \"endings\": [\"1\", \"0\"], \"label\": \"0\"}", 65,
        ["line 1", "'0', which is that of 0 and 1"]
      ),
    ] as [(String, String, String, Int32, [String])] {
      try folder.write(text, to: "bad.jsonl")
      let result = try Program.run([
        "evaluate", command, "--model", shop(model), folder("bad.jsonl"),
      ])
      #expect(result.status == status, "\(text): \(result.errors)")
      #expect(result.output.isEmpty)
      for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
    }
  }

  @Test func badOptions() throws {
    try folder.write("{\"sentence_good\": \"a\", \"sentence_bad\": \"b\"}", to: "pair.jsonl")
    for (more, status) in [
      (["blimp", "--model", shop("run"), folder("missing")], 66),
      (["blimp", "--model", shop("run"), folder("pair.jsonl"), "--metric", "original"], 64),
      (["blimp", "--model", shop("masked-run"), folder("pair.jsonl"), "--metric", "holistic"], 64),
    ] as [([String], Int32)] {
      #expect(try Program.run(["evaluate"] + more).status == status)
    }
    // Ids of special tokens only: [CLS] [SEP].
    let special = try Program.run(["score", "--model", shop("masked-run"), "--ids", "2 3"])
    #expect(special.status == 64)
    #expect(special.errors.contains("special tokens only"))
  }
}
