import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// Whether a model prefers grammatical sentences.
struct EvaluateBLiMP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blimp",
    abstract: "Measure how often the grammatical sentence of a pair is the more probable one.",
    discussion: """
      BLiMP (Warstadt and others 2020, arXiv:1912.00582): lines with "sentence_good" and \
      "sentence_bad"; "UID" names their paradigm, or else the file does, "field" and \
      "linguistics_term" the groups it belongs to. Sentences are compared by the sum of their \
      tokens' log-probabilities, as in lm-evaluation-harness: a causal model reads its prefix token \
      and a space before a sentence, a masked one scores it by its pseudo-log-likelihood. Of equals \
      the first, the good one, counts as preferred; ties are counted.
      """)

  @Option(help: "A run, one of its checkpoints, or an exported directory.")
  var model: String

  @Argument(help: "Files of pairs, or directories of .jsonl files.")
  var files: [String]

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try LoadedModel(
      model, weights: scoring.format.weights, threads: scoring.threads.count, quiet: report.quiet)
    let scorer = try scoring.scorer(loaded)
    var encoder = try TaskEncoder(loaded, scorer: scorer)
    let separator = encoder.readsPrefix ? " " : ""
    let result = BLiMPReport(EvaluationSettings(loaded, metric: scorer.metric))
    let progress = ScoringProgress(quiet: report.quiet)
    do {
      defer { progress.clear() }
      var queue = ExampleQueue<BLiMPReport.Paradigm, Double> {
        try scorer.logProbabilities(of: $0, progress: progress.score)
      } finish: { paradigm, values in
        let sums = values.map { $0.reduce(0, +) }
        result.add(paradigm, good: sums[0], bad: sums[1])
      }
      try TaskLine.forEach(of: files, example: "pairs of sentences", read: progress.read) { line in
        let passages = try ["sentence_good", "sentence_bad"].map { name in
          try encoder.passage(
            context: "", continuation: separator + line.text(name), line: line)
        }
        progress.expect(passages.reduce(0) { $0 + $1.scored.count })
        try queue.append(BLiMPReport.Paradigm(line), passages)
      }
      try queue.flush()
    }
    if report.json {
      try JSONOutput.print(result.json)
    } else {
      try StandardOutput.write(result.text)
    }
  }
}

/// The result of `evaluate blimp`.
final class BLiMPReport {
  /// A set of pairs that show the same thing.
  struct Paradigm: Hashable {
    let name: String
    let field: String?
    let term: String?

    /// The paradigm that `line` belongs to.
    init(_ line: TaskLine) {
      name = line["UID"]?.string ?? line.path.stem ?? line.path.string
      field = line["field"]?.string
      term = line["linguistics_term"]?.string
    }
  }

  private struct Tally {
    var accuracy = Accuracy()
    var ties = 0

    mutating func add(good: Double, bad: Double) {
      accuracy.add(good >= bad)
      if good == bad { ties += 1 }
    }
  }

  /// A group of paradigms: the mean of their accuracies, as the benchmark and
  /// lm-evaluation-harness report it.
  private struct Group {
    let name: String
    var tallies: [Tally]

    var accuracy: Double { tallies.reduce(0) { $0 + $1.accuracy.value } / Double(tallies.count) }
    var pairs: Int { tallies.reduce(0) { $0 + $1.accuracy.count } }
    var ties: Int { tallies.reduce(0) { $0 + $1.ties } }

    var members: [(key: String, value: JSONValue)] {
      [
        ("name", .string(name)), ("accuracy", .number(accuracy)), ("pairs", .count(pairs)),
        ("ties", .count(ties)), ("paradigms", .count(tallies.count)),
      ]
    }
  }

  private let settings: EvaluationSettings
  private var paradigms: [Paradigm] = []
  private var tallies: [Paradigm: Tally] = [:]

  init(_ settings: EvaluationSettings) {
    self.settings = settings
  }

  /// Adds a pair with the scores of its sentences.
  func add(_ paradigm: Paradigm, good: Double, bad: Double) {
    if tallies[paradigm] == nil { paradigms.append(paradigm) }
    tallies[paradigm, default: Tally()].add(good: good, bad: bad)
  }

  private func tally(_ paradigm: Paradigm) -> Tally { tallies[paradigm] ?? Tally() }

  private var all: Group { Group(name: "all", tallies: paradigms.map(tally)) }

  /// The groups that `name` gives the paradigms, in the order in which they appear.
  private func groups(_ name: (Paradigm) -> String?) -> [Group] {
    var groups: [Group] = []
    for paradigm in paradigms {
      guard let name = name(paradigm) else { continue }
      let index = groups.firstIndex { $0.name == name }
      if let index {
        groups[index].tallies.append(tally(paradigm))
      } else {
        groups.append(Group(name: name, tallies: [tally(paradigm)]))
      }
    }
    return groups
  }

  var json: JSONValue {
    func list(_ groups: [Group]) -> JSONValue { .array(groups.map { .members($0.members) }) }
    let each = paradigms.map { paradigm -> JSONValue in
      let tally = tally(paradigm)
      return .members([
        ("name", .string(paradigm.name)),
        ("field", paradigm.field.map(JSONValue.string) ?? .null),
        ("linguistics_term", paradigm.term.map(JSONValue.string) ?? .null),
        ("accuracy", .number(tally.accuracy.value)),
        ("standard_error", tally.accuracy.standardError.map(JSONValue.number) ?? .null),
        ("pairs", .count(tally.accuracy.count)), ("ties", .count(tally.ties)),
      ])
    }
    return .members(
      [
        ("accuracy", .number(all.accuracy)), ("pairs", .count(all.pairs)),
        ("ties", .count(all.ties)), ("paradigms", .array(each)),
        ("fields", list(groups(\.field))), ("linguistics_terms", list(groups(\.term))),
      ] + settings.members)
  }

  var text: String {
    func block(_ title: String, _ rows: [(String, Double, Int)]) -> String {
      rows.isEmpty
        ? ""
        : title + "\n"
          + rows.map { "  \(Quantity.fixed(100 * $0.1, 2)) %  \($0.0), \($0.2) pairs\n" }.joined()
    }
    func rows(_ groups: [Group]) -> [(String, Double, Int)] {
      groups.map { ($0.name, $0.accuracy, $0.pairs) }
    }
    let each = paradigms.map { ($0.name, tally($0).accuracy.value, tally($0).accuracy.count) }
    return block("paradigms", each) + block("linguistics terms", rows(groups(\.term)))
      + block("fields", rows(groups(\.field)))
      + "accuracy        \(Quantity.fixed(100 * all.accuracy, 2)) %, \(all.pairs) pairs, "
      + "\(all.ties) ties, the mean of \(paradigms.count) paradigms\n" + settings.text
  }
}
