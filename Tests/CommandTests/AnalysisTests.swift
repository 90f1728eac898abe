import Storage
import SystemPackage
import Testing
import TextModels

/// `analyze` as people use it.
@Suite struct AnalysisTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func layers(_ more: [String]) -> [String] { ["analyze", "layers", shop("run")] + more }

  /// The keys that others rely on, the same for the model and for its random initialisation.
  @Test func layersAreMeasured() throws {
    let plot = folder("layers.svg")
    let found = try Program.run(
      layers(["--text", shop("text.txt"), "--json", "--plot", plot, "--tokens", "640"])
    ).json()
    #expect(found["epsilon"]?.double == 0.1)
    #expect(found["sequences"]?.integer == 20)
    let random = found["random"]?.object?["layers"]?.array ?? []
    for layers in [found["layers"]?.array ?? [], random] {
      #expect(layers.count == 2)
      for (index, layer) in layers.enumerated() {
        let layer = try #require(layer.object)
        #expect(layer["layer"]?.integer == Int64(index))
        let share = try #require(layer["nonzero_fraction"]?.double)
        #expect(share > 0 && share < 1)
        for key in ["hoyer", "coding_rate", "overlap", "effective_rank", "entropy", "self_share"] {
          #expect(layer[key]?.object?["mean"]?.double ?? 0 > 0, "\(key)")
        }
        for point in ["before", "after"] {
          for form in ["official", "normalized", "formula"] {
            let rates = layer["subspaces"]?.object?[point]?.object
            #expect(rates?[form]?.object?["deviation"]?.double ?? 0 > 0)
          }
        }
      }
    }
    let drawing = String(decoding: try FileContents.read(FilePath(plot)), as: UTF8.self)
    #expect(drawing.hasPrefix("<svg ") && drawing.hasSuffix("</svg>\n"))
    #expect(drawing.contains("prefers-color-scheme:dark"))
    #expect(drawing.contains("random") && drawing.contains("[nats/token]"))
  }

  /// Packed data give the same as the text that they were packed from; threads change no bit.
  @Test func dataAndThreadsMakeNoDifference() throws {
    let text = try Program.run(layers(["--text", shop("text.txt"), "--tokens", "320", "--json"]))
    let data = try Program.run(
      layers(["--data", shop("data"), "--split", "train", "--tokens", "320", "--json", "-t", "1"]))
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output == data.output)
    let table = try Program.run(layers(["--data", shop("data")]))
    #expect(table.output.contains("the same model at random initialisation, seed 0"))
    #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func impossibleRequestsAreRefused() throws {
    try folder.write("Mara found", to: "short.txt")
    try Program.expectFailure(
      64, ["tokens, fewer than a sequence of 32"], layers(["--text", folder("short.txt")]))
    try Program.expectFailure(64, ["--text or --data"], layers([]))
    try Program.expectFailure(
      64, ["--context is 33; expected 1 to 32"],
      layers(["--text", shop("text.txt"), "--context", "33"]))
    try Program.expectFailure(
      64, ["--epsilon", "above 0"], layers(["--text", shop("text.txt"), "--epsilon", "0"]))
    try Program.expectFailure(
      66, ["missing"], ["analyze", "layers", folder("missing"), "--text", shop("text.txt")])
    // Data of another tokenizer.
    let (tokenizer, data) = (folder("tokenizer"), folder("data"))
    let train = ["tokenizer", "train", shop("text.txt"), "--vocab-size", "300", "-o", tokenizer]
    #expect(try Program.run(train).status == 0)
    let pack = ["data", "pack", shop("text.txt"), "--tokenizer", tokenizer, "-o", data]
    #expect(try Program.run(pack).status == 0)
    try Program.expectFailure(65, [data, "tokenizer", "expected"], layers(["--data", data]))
  }

  /// The keys that others rely on: terms and remainder add up to the logit.
  @Test func textIsTakenApart() throws {
    let plot = folder("unit.svg")
    let text = "Mara found the lamp and gave it to Bram."
    let found = try Program.run(
      ["analyze", "text", shop("run"), text, "--unit", "1:3", "--plot", plot, "--json"]
    ).json()
    let tokens = try #require(found["tokens"]?.array)
    let score = try Program.run(["score", shop("run"), "--text", text, "--json"]).json()
    let scores = try #require(score["log_probabilities"]?.array)
    #expect(tokens.count == scores.count + 1 && tokens[0].isNull)
    for (index, token) in tokens.enumerated().dropFirst() {
      let entry = try #require(token.object)
      let logit = try #require(entry["logit"]?.double)
      let terms = entry["contributions"]?.array ?? []
      let sum = terms.compactMap { $0.object?["value"]?.double }.reduce(0, +)
      #expect(abs(sum + (entry["remainder"]?.double ?? .nan) - logit) < 1e-5)
      #expect(terms.allSatisfy { $0.object?["layer"]?.integer == 1 })
      let layers = entry["layers"]?.array ?? []
      #expect(layers.count == 2 && layers.allSatisfy { $0.array?.count == 3 })
      if index < scores.count {
        let loss = try #require(entry["loss"]?.double)
        #expect(abs(loss + (scores[index].double ?? .nan)) < 1e-4)
      } else {
        #expect(entry["loss"]?.isNull == true)
        #expect(entry["token"] == layers[1].array?[0].object?["token"])
      }
    }
    let unit = try #require(found["unit"]?.object)
    let terms = unit["contributions"]?.array ?? []
    let sum = terms.compactMap { $0.object?["value"]?.double }.reduce(0, +)
    let rest = unit["remainder"]?.double ?? .nan
    #expect(abs(sum + rest - (unit["preactivation"]?.double ?? .nan)) < 1e-5)
    #expect(unit["effects"]?.array?.count == terms.count)
    let drawing = String(decoding: try FileContents.read(FilePath(plot)), as: UTF8.self)
    #expect(drawing.contains("predicted change") && drawing.contains("real change"))
    let shown = try Program.run(["analyze", "text", shop("run"), text])
    #expect(shown.output.contains("nothing before it") && shown.output.contains("after the text"))
  }

  /// A masked model sees the token that it predicts as a mask; tokens count without its frame.
  @Test func maskedTextIsTakenApart() throws {
    let shop = try MaskedWorkshop.folder()
    let text = "Mara found"
    let arguments = ["analyze", "text", shop("masked-run"), text, "--unit", "1:2", "--json"]
    let found = try Program.run(arguments).json()
    let tokens = found["tokens"]?.array ?? []
    let score = try Program.run(
      ["score", shop("masked-run"), "--text", text, "--metric", "original", "--json"]
    ).json()
    let scores = score["log_probabilities"]?.array ?? []
    #expect(tokens.count == scores.count && tokens.count > 1)
    for (token, score) in zip(tokens, scores) {
      let loss = token.object?["loss"]?.double ?? .nan
      #expect(abs(loss + (score.double ?? .nan)) < 1e-4)
    }
    #expect(found["unit"]?.object?["token"]?.integer == Int64(tokens.count - 1))
    #expect(try Program.run(arguments + ["-t", "1"]).output == Program.run(arguments).output)
    let layers = [
      "analyze", "layers", shop("masked-run"), "--text", shop("text.txt"), "--tokens", "200",
    ]
    #expect(try Program.run(layers).status == 0)
  }

  @Test func impossibleTextsAndUnitsAreRefused() throws {
    let analyze = ["analyze", "text", shop("run")]
    try Program.expectFailure(
      64, ["no unit 2:0", "layers are 0 to 1"], analyze + ["Mara", "--unit", "2:0"])
    try Program.expectFailure(
      64, ["no unit 0:99", "0 to 31"], analyze + ["Mara", "--unit", "0:99"])
    try Program.expectFailure(64, ["--unit", "one"], analyze + ["Mara", "--unit", "one"])
    try Program.expectFailure(64, ["--unit LAYER:UNIT"], analyze + ["Mara", "--plot", "x.svg"])
    try Program.expectFailure(
      64, ["--token is 999"], analyze + ["Mara", "--unit", "1:0", "--token", "999"])
    try Program.expectFailure(
      64, ["no units before it"],
      analyze + ["Mara", "--unit", "0:0", "--plot", folder("none.svg")])
    try Program.expectFailure(64, ["0 tokens", "1 to 32"], analyze + [""])
    try Program.expectFailure(64, ["1 to 32"], analyze + [String(Workshop.text.prefix(2000))])
    // A model without codes.
    let run = folder("bare")
    let pretrain = [
      "pretrain", "--data", shop("data"), "-o", run, "--architecture", "attention-only",
      "--depth", "1", "--width", "16", "--heads", "2", "--context", "16", "--steps", "1", "-q",
    ]
    #expect(try Program.run(pretrain).status == 0)
    try Program.expectFailure(
      64, ["attention-only", "no codes"], ["analyze", "text", run, "Mara", "--unit", "0:0"])
    let layers = try Program.run(
      ["analyze", "layers", run, "--text", shop("text.txt"), "--json"]
    ).json()
    #expect(layers["layers"]?.array?[0].object?["nonzero_fraction"]?.isNull == true)
  }

  /// A run writes the measures as it trains, the same if it goes on from a checkpoint.
  @Test func trainingIsWatched() throws {
    let arguments = [
      "pretrain", "--data", shop("data"), "--depth", "2", "--width", "32", "--heads", "2",
      "--context", "32", "--batch", "8", "--steps", "6", "--analyze-every", "4", "--save-every",
      "3", "--keep", "3", "--seed", "1", "--quiet",
    ]
    func analyses(_ run: String) throws -> [JSONValue?] {
      let lines = try FileContents.read(FilePath(folder(run)).appending("metrics.jsonl"))
      return try lines.split(separator: UInt8(ascii: "\n")).map {
        try JSONValue.parse(Array($0)).object?["analysis"]
      }
    }
    let whole = try Program.run(arguments + ["-o", folder("whole")])
    #expect(whole.status == 0, "\(whole.errors)")
    let found = try analyses("whole")
    #expect(found.map { $0 != nil } == [false, false, false, true, false, true])
    let last = try #require(found[5]?.object)
    #expect(last["layers"]?.array?.count == 2)
    #expect(last["random"]?.object?["layers"]?.array?.count == 2)
    #expect(last["random"] == found[3]?.object?["random"])
    #expect(last["layers"] != found[3]?.object?["layers"])
    let resume = ["--resume", folder("whole/checkpoints/step-00000003"), "--overwrite"]
    let again = try Program.run(arguments + ["-o", folder("whole")] + resume)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try analyses("whole") == found)
  }
}

/// Drawings, for any reader.
@Suite struct DrawingTests {
  @Test func textsAreEscaped() {
    let hostile = "</text><script>\"'&\u{0}\n"
    let chart = Chart(
      hostile, x: Chart.Axis(hostile), y: Chart.Axis("y", unit: hostile),
      series: [Chart.Series(hostile, [Chart.Point(0, 1)], ink: .blue)])
    let svg = Drawing(hostile, note: hostile, charts: [chart]).svg
    #expect(!svg.contains("<script>") && !svg.contains("\u{0}"))
    #expect(svg.contains("&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;\u{FFFD}&#10;"))
  }

  @Test func anyPointsCanBeDrawn() {
    let series = [
      [], [(0.0, Double.nan)], [(3, 5)], [(0, 1e300), (1, -1e300)], [(1, 1e-300), (2, 0)],
    ].map { points in
      Chart.Series("s", points.map { Chart.Point($0.0, $0.1) }, mark: .dots, ink: .orange)
    }
    for one in series {
      let chart = Chart(
        "c", x: Chart.Axis("x", isWhole: true), y: Chart.Axis("y"), series: [one],
        hasDiagonal: true)
      #expect(Drawing("d", charts: [chart]).svg.contains("nan") == false)
    }
  }

  /// Marks are round numbers within the axis.
  @Test func marksAreRound() {
    let points = [Chart.Point(0, 0.213), Chart.Point(7, 0.268)]
    let chart = Chart(
      "c", x: Chart.Axis("layer", isWhole: true), y: Chart.Axis("share"),
      series: [Chart.Series("s", points, ink: .green)])
    let svg = Drawing("d", charts: [chart]).svg
    for mark in [">0.22<", ">0.24<", ">0.26<", ">0<", ">2<", ">6<"] {
      #expect(svg.contains(mark), "\(mark)")
    }
  }
}
