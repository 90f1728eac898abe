import CRATELM
import Storage
import SystemPackage
import Testing

/// `report`, `plot`, `compare` and `export metrics` as people use them.
@Suite struct ReportTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try FileContents.read(FilePath(path)), as: UTF8.self)
  }

  private func lines() throws -> [JSONObject] {
    try FileContents.read(FilePath(shop("run/metrics.jsonl"))).split(separator: UInt8(ascii: "\n"))
      .map { try #require(JSONValue.parse(Array($0)).object) }
  }

  /// A copy of the run's description and log under another name.
  private func copy(_ name: String) throws -> String {
    try FileSystem.createDirectory(FilePath(folder(name)))
    for file in ["config.json", "metrics.jsonl"] {
      try FileContents.write(
        FileContents.read(FilePath(shop("run/\(file)"))), to: FilePath(folder("\(name)/\(file)")))
    }
    return folder(name)
  }

  /// A run whose names and samples are markup shows them as text, and nothing is loaded.
  @Test func pagesEscapeTexts() throws {
    let run = "a <b>&\"run\" שלום"
    let copy = try copy(run)
    let sample = "<img onerror=\"x\"> & 'é"
    var log = try text("\(copy)/metrics.jsonl")
    let last = try #require(log.split(separator: "\n").last)
    let line = try #require(JSONValue.parse(Array(last.utf8)).object)
    let hostile = JSONObject(
      zip(line.keys, line.values).map { (key: $0, value: $1) } + [("sample", .string(sample))])
    log = log.replacing(
      last, with: String(decoding: JSONValue.object(hostile).serialized(), as: UTF8.self))
    try FileContents.write(Array(log.utf8), to: FilePath("\(copy)/metrics.jsonl"))
    let page = folder("page.html")
    let made = try Program.run(["report", copy, "-o", page])
    #expect(made.status == 0, "\(made.errors)")
    let html = try text(page)
    #expect(html.contains("<h1>a &lt;b&gt;&amp;&quot;run&quot; שלום</h1>"))
    #expect(html.contains("&lt;img onerror=&quot;x&quot;&gt; &amp; &#39;é"))
    #expect(
      !html.contains("<b>") && !html.contains("<img") && !html.contains("src=")
        && !html.contains("href="))
    #expect(html.utf8.count < 300_000)
    // The same page is written again; a file of somebody else is not touched.
    #expect(try Program.run(["report", shop("run"), copy, "-o", page, "-q"]).status == 0)
    #expect(try text(page) != html)
    try folder.write("my notes", to: "notes.html")
    try Program.expectFailure(
      73, ["notes.html", "did not draw"], ["report", copy, "-o", folder("notes.html")])
    #expect(try text(folder("notes.html")) == "my notes")
  }

  /// The numbers of a model's page stand in the page as those of `analyze text`.
  @Test func modelPagesHoldTheAnalysis() throws {
    let page = folder("model.html")
    let sentence = "Mara found the lamp <script>."
    let made = try Program.run([
      "report", "--model", shop("run"), "--data", shop("data"), "--text", sentence, "-o", page,
    ])
    #expect(made.status == 0, "\(made.errors)")
    let html = try text(page)
    let start = try #require(html.firstRange(of: "id=\"data\">"))
    let end = try #require(html[start.upperBound...].firstRange(of: "</script>"))
    let data = try JSONValue.parse(Array(html[start.upperBound..<end.lowerBound].utf8))
    let sentences = try #require(data.object?["sentences"]?.array)
    let first = try #require(sentences.first?.object)
    #expect(first["text"]?.string == sentence && sentences.count > 3)
    let found = try Program.run([
      "analyze", "text", shop("run"), sentence, "--top", "12", "--json",
    ]).json()
    let expected = try #require(found["tokens"]?.array)
    let entries = try #require(first["entries"]?.array)
    #expect(entries.count == expected.count)
    for (entry, token) in zip(entries, expected) {
      #expect(entry.object?["logit"] == token.object?["logit"])
      #expect(entry.object?["loss"] == token.object?["loss"])
      #expect(entry.object?["remainder"] == token.object?["remainder"])
      let terms = entry.object?["terms"]?.array?.compactMap { $0.array?.last?.double }
      let values = token.object?["contributions"]?.array?.compactMap { $0.object?["value"]?.double }
      #expect(terms == values)
      let shares = entry.object?["layers"]?.array?.compactMap {
        $0.array?.first?.array?.last?.double
      }
      let first = token.object?["layers"]?.array?.compactMap {
        $0.array?.first?.object?["probability"]?.double
      }
      #expect(shares == first)
    }
    #expect(first["heads"]?.array?.count == 4)
  }

  /// Rows of the table are lines of the log, to the last bit.
  @Test func metricsAreATable() throws {
    let table = try Program.run(["export", "metrics", shop("run")]).output
    let rows = table.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let lines = try lines()
    #expect(rows.count == lines.count + 1)
    for (row, line) in zip(rows.dropFirst(), lines) {
      for (name, cell) in zip(rows[0], row) where name != "skipped" {
        #expect(Double(cell) == line[String(name)]?.double, "\(name)")
      }
    }
  }

  @Test func plotsFitTheirWidth() throws {
    let picture = try Program.run(
      ["plot", shop("run"), copy("twin"), "--by", "steps", "--height", "8"],
      environment: ["COLUMNS": "60"])
    #expect(picture.status == 0, "\(picture.errors)")
    let rows = picture.output.split(separator: "\n")
    #expect(rows.allSatisfy { $0.count <= 60 })
    #expect(rows.count { $0.contains("│") } == 8)
    // Both curves end at the same place, with their letters.
    #expect(rows.contains { $0.hasSuffix(" ab") })
    #expect(
      picture.output.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
  }

  @Test func runsAreCompared() throws {
    let last = try #require(lines().last)
    let found = try Program.run(["compare", shop("run"), "--json"]).json()
    let run = try #require(found["runs"]?.array?.first?.object)
    #expect(run["loss"] == last["loss"] && run["validation_loss"] == last["validation_loss"])
    #expect(run["steps"]?.integer == 60 && run["planned_steps"]?.integer == 60)
    let table = try Program.run(
      ["compare"] + (1...6).map { try copy("run-\($0)") }, environment: ["COLUMNS": "40"])
    #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 40 })
    #expect(table.output.contains("validation"))
  }

  @Test func impossibleRequestsAreRefused() throws {
    try Program.expectFailure(
      64, ["either runs, or --model"], ["report", "-o", folder("page.html")])
    try Program.expectFailure(
      64, ["belong together"], ["report", "--model", shop("run"), "-o", folder("page.html")])
    try Program.expectFailure(
      64, ["page.svg; expected a name that ends in .html."],
      ["report", "--model", shop("run"), "--data", shop("data"), "-o", folder("page.svg")])
    try Program.expectFailure(
      64, ["tokens", "Shorten it"],
      [
        "report", "--model", shop("run"), "--data", shop("data"), "-o", folder("page.html"),
        "--text", String(repeating: "Mara ", count: 40),
      ])
    try Program.expectFailure(73, [folder("")], ["report", shop("run"), "-o", folder("")])
    try Program.expectFailure(65, ["give its run"], ["plot", shop("run/checkpoints/best")])
    try Program.expectFailure(66, ["nowhere"], ["plot", folder("nowhere")])
    try Program.expectFailure(64, ["patience"], ["plot", shop("run"), "--measure", "patience"])
    let model = folder("model")
    #expect(
      try Program.run(["export", shop("run"), "--format", "safetensors", "-o", model, "-q"]).status
        == 0)
    try Program.expectFailure(65, ["not trained here"], ["compare", model])
    let exported = folder("exported")
    #expect(
      try Program.run(["export", shop("run"), "--format", "huggingface", "-o", exported, "-q"])
        .status == 0)
    try Program.expectFailure(
      65, ["for other programs", "give a run"], ["report", exported, "-o", folder("no.html")])
    try Program.expectFailure(65, ["is not a run"], ["compare", folder("")])
    let broken = folder("broken")
    try FileSystem.createDirectory(FilePath(broken))
    try FileContents.write(
      FileContents.read(FilePath(shop("run/config.json"))), to: FilePath("\(broken)/config.json"))
    try folder.write("{\"step\": 1}\n", to: "broken/metrics.jsonl")
    try Program.expectFailure(65, ["metrics.jsonl", "line 1"], ["compare", broken])
  }
}
