import Storage
import SystemPackage

/// The result of `evaluate blimp`.
struct BLiMPReport: Report {
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

  /// The pairs of a paradigm.
  struct Tally {
    let paradigm: Paradigm
    var accuracy = Accuracy()
    var ties = 0

    var fields: JSONFields {
      [
        "name": paradigm.name, "field": paradigm.field, "linguistics_term": paradigm.term,
        "accuracy": accuracy.value, "standard_error": accuracy.standardError,
        "pairs": accuracy.count, "ties": ties,
      ]
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

    var fields: JSONFields {
      [
        "name": name, "accuracy": accuracy, "pairs": pairs, "ties": ties,
        "paradigms": tallies.count,
      ]
    }
  }

  let settings: EvaluationSettings
  /// In the order in which their paradigms appear.
  private(set) var tallies: [Tally] = []
  private(set) var positions: [Paradigm: Int] = [:]

  /// Adds a pair with the scores of its sentences.
  mutating func add(_ paradigm: Paradigm, good: Double, bad: Double) {
    let position = positions[paradigm] ?? tallies.count
    if position == tallies.count {
      positions[paradigm] = position
      tallies.append(Tally(paradigm: paradigm))
    }
    tallies[position].accuracy.add(good >= bad)
    if good == bad { tallies[position].ties += 1 }
  }

  private var all: Group { Group(name: "all", tallies: tallies) }

  /// The groups that `name` gives the paradigms, in the order in which they appear.
  private func groups(_ name: (Paradigm) -> String?) -> [Group] {
    tallies.reduce(into: []) { groups, tally in
      guard let name = name(tally.paradigm) else { return }
      if let index = groups.firstIndex(where: { $0.name == name }) {
        groups[index].tallies.append(tally)
      } else {
        groups.append(Group(name: name, tallies: [tally]))
      }
    }
  }

  var fields: JSONFields {
    [
      "accuracy": all.accuracy, "pairs": all.pairs, "ties": all.ties,
      "paradigms": tallies.map(\.fields), "fields": groups(\.field).map(\.fields),
      "linguistics_terms": groups(\.term).map(\.fields),
    ] + settings.fields
  }

  var text: String {
    func block(_ title: String, _ rows: [Group]) -> String {
      guard !rows.isEmpty else { return "" }
      let lines = rows.map {
        "  \(Quantity.fixed(100 * $0.accuracy, 2)) %  \($0.name), \($0.pairs) pairs\n"
      }
      return title + "\n" + lines.joined()
    }
    let each = tallies.map { Group(name: $0.paradigm.name, tallies: [$0]) }
    return block("paradigms", each) + block("linguistics terms", groups(\.term))
      + block("fields", groups(\.field))
      + "accuracy        \(Quantity.fixed(100 * all.accuracy, 2)) %, \(all.pairs) pairs, "
      + "\(all.ties) ties, the mean of \(tallies.count) paradigms\n" + settings.text
  }
}
