public import CRATELM
import Storage
import SystemPackage

/// Whether a model prefers grammatical sentences (Warstadt and others 2020, arXiv:1912.00582).
///
/// A pair is a line with `sentence_good` and `sentence_bad`; `UID` names its paradigm, or else the
/// file does, `field` and `linguistics_term` the groups it belongs to.
public enum BLiMP {
  /// A set of pairs that show the same thing.
  public struct Paradigm: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// The field of linguistics, such as syntax.
    public let field: String?
    /// The phenomenon.
    public let term: String?

    /// The paradigm that `line` belongs to.
    init(_ line: TaskLine) {
      name = line["UID"]?.string ?? line.path.stem ?? line.path.string
      field = line["field"]?.string
      term = line["linguistics_term"]?.string
    }
  }

  /// The pairs of a paradigm.
  public struct Tally: Sendable {
    /// The paradigm.
    public let paradigm: Paradigm
    /// How often the good sentence is at least as probable.
    public var accuracy = Accuracy()
    /// How often both are equally probable.
    public var ties = 0
  }

  /// A group of paradigms.
  public struct Group: Sendable {
    /// What they have in common.
    public let name: String
    /// Its paradigms.
    public private(set) var tallies: [Tally]

    /// The mean of their accuracies, as the benchmark and lm-evaluation-harness report it.
    public var accuracy: Double {
      tallies.reduce(0) { $0 + $1.accuracy.value } / Double(tallies.count)
    }
    /// The number of their pairs.
    public var pairs: Int { tallies.reduce(0) { $0 + $1.accuracy.count } }
    /// The number of pairs whose sentences are equally probable.
    public var ties: Int { tallies.reduce(0) { $0 + $1.ties } }

    fileprivate mutating func add(_ tally: Tally) { tallies.append(tally) }
  }

  /// How often the good sentence is preferred.
  public struct Result: Sendable {
    /// What the numbers depend on.
    public let settings: EvaluationSettings
    /// In the order in which their paradigms appear.
    public private(set) var tallies: [Tally] = []
    private var positions: [Paradigm: Int] = [:]

    init(settings: EvaluationSettings) { self.settings = settings }

    /// All paradigms.
    public var all: Group { Group(name: "all", tallies: tallies) }

    /// Every paradigm by itself.
    public var each: [Group] { tallies.map { Group(name: $0.paradigm.name, tallies: [$0]) } }

    /// The groups that `name` gives the paradigms, in the order in which they appear.
    public func groups(_ name: (Paradigm) -> String?) -> [Group] {
      tallies.reduce(into: []) { groups, tally in
        guard let name = name(tally.paradigm) else { return }
        if let index = groups.firstIndex(where: { $0.name == name }) {
          groups[index].add(tally)
        } else {
          groups.append(Group(name: name, tallies: [tally]))
        }
      }
    }

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
  }

  /// Evaluates `model` on `files`, or directories of `.jsonl` files, by the sums of the tokens'
  /// log-probabilities.
  ///
  /// - Throws: ``InputError``, `FileError`; `ConfigurationError` if the tokenizer has no token to
  ///   begin a text with.
  public static func evaluate(
    _ files: [String], model: TextModel, scorer: Scorer,
    progress: @escaping (ScoringProgress) -> Void = { _ in }
  ) throws -> Result {
    var encoder = try TaskEncoder(model, scorer: scorer)
    let separator = encoder.readsPrefix ? " " : ""
    var result = Result(settings: EvaluationSettings(model, metric: scorer.metric))
    try TaskLine.score(
      files, kind: "pairs of sentences", progress: progress, by: scorer.logProbabilities
    ) { line in
      let passages = try ["sentence_good", "sentence_bad"].map { name in
        try encoder.passage(context: "", continuation: separator + line.text(name), line: line)
      }
      return (Paradigm(line), passages)
    } finish: { paradigm, values in
      let sums = values.map { $0.reduce(0, +) }
      result.add(paradigm, good: sums[0], bad: sums[1])
    }
    return result
  }
}
