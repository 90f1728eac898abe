import Storage
import SystemPackage
import Testing
import TextModels
import Tokenizer

/// `analyze attention` as people use it.
@Suite struct AttentionTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder
  private let text = "Mara found the lamp and gave it to Bram. \"Thank you,\" said Bram."

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func attention(_ more: [String]) -> [String] {
    ["analyze", "attention", shop("run"), text] + more
  }

  private func drawing(_ path: String) throws -> String {
    String(decoding: try FileContents.read(FilePath(path)), as: UTF8.self)
  }

  /// The keys that others rely on.
  @Test func attentionIsShown() throws {
    let svg = folder("head.svg")
    let found = try Program.run(attention(["--head", "1:0", "--json", "--svg", svg])).json()
    let tokens = try #require(found["tokens"]?.array)
    let shown = try #require(found["attention"]?.object)
    #expect(shown["layer"]?.integer == 1 && shown["head"]?.integer == 0)
    let weights = try #require(shown["weights"]?.array)
    #expect(weights.count == tokens.count)
    for (query, row) in weights.enumerated() {
      let shares = row.array?.compactMap(\.double) ?? []
      #expect(abs(shares.reduce(0, +) - 1) < 1e-5)
      #expect(shares[(query + 1)...].allSatisfy { $0 == 0 })
      let others = shown["without_self"]?.array?[query]
      #expect(query == 0 ? others?.isNull == true : others?.array?[query].double == 0)
    }
    let score = try #require(found["score"]?.object)
    #expect(score["query"]?.integer == Int64(tokens.count - 1))
    let terms = score["terms"]?.array?.compactMap { $0.object?["value"]?.double } ?? []
    #expect(terms.count == 30)
    let sum = terms.reduce(score["remainder"]?.double ?? .nan, +)
    #expect(abs(sum - (score["score"]?.double ?? .nan)) < 1e-4)
    let image = try drawing(svg)
    #expect(image.hasPrefix("<svg ") && image.hasSuffix("</svg>\n"))
    #expect(image.contains("Head 1:0, without the diagonal") && image.contains("Layer 1"))
    let lines = try Program.run(attention(["--head", "1:0"])).output
    #expect(lines.contains("0 \"M") && lines.contains("self 100.0%") && lines.contains("score"))
    #expect(lines.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  /// Every token stands behind the number of its head, in lines that fit into a terminal.
  @Test func textIsColoredBySubspace() throws {
    let found = try Program.run(attention(["--json"])).json()
    #expect(found["attention"]?.isNull == true && found["score"]?.isNull == true)
    let layers = try #require(found["layers"]?.array)
    #expect(layers.count == 2)
    for layer in layers {
      let layer = try #require(layer.object)
      for (head, row) in zip(layer["heads"]?.array ?? [], layer["shares"]?.array ?? []) {
        let shares = row.array?.compactMap(\.double) ?? []
        #expect(shares.count == 2 && abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(shares[Int(head.integer ?? 9)] == shares.max())
      }
      let words = layer["words"]?.array?.first?.array ?? []
      #expect(words.contains { $0.object?["word"]?.string == "lamp" })
      let means = words.compactMap { $0.object?["mean"]?.double }
      #expect(means == means.sorted(by: >))
    }
    let plain = try Program.run(attention([])).output
    #expect(plain.contains("layer 1\n  [") && !plain.contains("\u{1B}"))
    #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 80 })
    // Without labels and line ends it is the text.
    let layer = plain.split(separator: "layer 1\n")[0].split(separator: "\n").dropFirst()
    let lines = layer.prefix { !$0.hasPrefix("  [0] ") }.map { $0.dropFirst(2) }.joined()
    #expect(lines.replacing(/\[[01]\]/, with: "") == text)
  }

  /// On a terminal colours take the place of the numbers, unless the user has none.
  @Test func terminalHasColors() throws {
    // `swift test` sets the variable.
    let (status, screen) = try Program.runOnTerminal(
      attention([]), columns: 80, stream: 1, environment: ["NO_COLOR": ""])
    #expect(status == 0 && screen.contains("\u{1B}[30;48;5;") && !screen.contains("[0]"))
    let plain = try Program.runOnTerminal(
      attention([]), columns: 80, stream: 1, environment: ["NO_COLOR": "1"])
    #expect(plain.screen.contains("[0]") && !plain.screen.contains("\u{1B}"))
    let bare: String = screen.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    let lines = bare.split { $0 == "\n" }
    #expect(lines.count > 6 && lines.allSatisfy { $0.count <= 80 })
    let narrow = try Program.runOnTerminal(attention(["--head", "0:1"]), columns: 40, stream: 1)
    let rows: [Substring] = narrow.screen.split { $0 == "\n" }
    #expect(rows.dropFirst().allSatisfy { $0.count <= 40 })
  }

  /// A masked model sees its special tokens too; a hostile text does not break the drawing.
  @Test func maskedAndHostileTexts() throws {
    let shop = try MaskedWorkshop.folder()
    let svg = folder("masked.svg")
    let found = try Program.run(
      [
        "analyze", "attention", shop("masked-run"), "Mara <b> & \u{7}", "--head", "0:0", "--svg",
        svg, "--json",
      ]
    ).json()
    let weights = try #require(found["attention"]?.object?["weights"]?.array)
    #expect(weights.allSatisfy { row in row.array?.allSatisfy { $0.double ?? 0 > 0 } == true })
    #expect(found["tokens"]?.array?.count == weights.count)
    #expect(try !drawing(svg).contains("<b>"))
  }

  @Test func impossibleRequestsAreRefused() throws {
    try Program.expectFailure(
      64, ["no head 2:0", "0 to 1"], attention(["--head", "2:0"]))
    try Program.expectFailure(64, ["--head"], attention(["--head", "1"]))
    try Program.expectFailure(64, ["--token", "--head"], attention(["--token", "1"]))
    try Program.expectFailure(
      64, ["--token is 99"], attention(["--head", "1:0", "--token", "99"]))
    try Program.expectFailure(
      64, ["--key is 3", "0 to 2"], attention(["--head", "1:0", "--token", "2", "--key", "3"]))
    let long = String(repeating: "lamp ", count: 60)
    try Program.expectFailure(
      64, ["tokens", "1 to 32"], ["analyze", "attention", shop("run"), long])
    try Program.expectFailure(64, ["0 tokens"], ["analyze", "attention", shop("run"), ""])
    try Program.expectFailure(
      66, ["missing"], ["analyze", "attention", folder("missing"), text])
  }

  /// Words are runs of letters; a token belongs to the first word in it.
  @Test func wordsAreRunsOfLetters() {
    let text = "Été, 42 a"
    let tokens = [(0, 3), (3, 5), (5, 6), (6, 9), (9, 10), (10, 11)].map {
      LocatedToken(id: 0, range: $0..<$1)
    }
    let words = TokenWords(text, tokens: tokens)
    #expect(words.words == ["Été", "Été", ",", "42", nil, "a"])
    let means = words.largestMeans(of: [1, 2, 0.5, 3, 9, 0.5], 3)
    #expect(means.map(\.word) == ["42", "Été", ","] && means[1].value == 1.5)
    #expect(means.map(\.tokenCount) == [1, 2, 1])
  }
}
