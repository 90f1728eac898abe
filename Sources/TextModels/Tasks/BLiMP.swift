public import CRATELM
import Storage
public import SystemPackage

/// The task of preferring grammatical sentences (Warstadt and others 2020, arXiv:1912.00582).
///
/// A pair is a line with `sentence_good` and `sentence_bad`. `UID` names its paradigm, or else the
/// file does; `field` and `linguistics_term` name the groups of the paradigm.
public enum BLiMP {
  /// A set of pairs that test the same phenomenon.
  public struct Paradigm: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// The field of linguistics, such as syntax.
    public let field: String?
    /// The phenomenon.
    public let term: String?

    /// The paradigm of `line`.
    init(_ line: TaskLine) {
      name = line["UID"]?.string ?? line.path.stem ?? line.path.string
      field = line["field"]?.string
      term = line["linguistics_term"]?.string
    }
  }

  /// The result of a paradigm.
  public struct Tally: Sendable {
    /// The paradigm.
    public let paradigm: Paradigm
    /// The share of pairs whose good sentence is at least as probable as the bad one.
    public var accuracy = Accuracy()
    /// The number of pairs whose sentences are equally probable.
    public var ties = 0
  }

  /// A group of paradigms.
  public struct Group: Sendable {
    /// The name of the group.
    public let name: String
    /// The results of its paradigms.
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

  /// The results of all paradigms.
  public struct Result: Sendable {
    /// The settings that the numbers depend on.
    public let settings: EvaluationSettings
    /// The results of the paradigms, in order of appearance.
    public private(set) var tallies: [Tally] = []
    private var positions: [Paradigm: Int] = [:]

    init(settings: EvaluationSettings) { self.settings = settings }

    /// All paradigms as one group.
    public var all: Group { Group(name: "all", tallies: tallies) }

    /// A group for every paradigm.
    public var each: [Group] { tallies.map { Group(name: $0.paradigm.name, tallies: [$0]) } }

    /// The groups of paradigms with the same `name`, in order of appearance; `nil` leaves one out.
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

  /// Evaluates `model` on `files`, or directories of `.jsonl` files; the score of a sentence is the
  /// sum of its tokens' log-probabilities.
  ///
  /// - Throws: ``InputError``, `FileError`; `ConfigurationError` if the tokenizer has no token to
  ///   begin a text with.
  public static func evaluate(
    _ files: [FilePath], model: TextModel, scorer: Scorer,
    progress: @escaping (ScoringProgress) -> Void = { _ in }
  ) throws -> Result {
    var encoder = TaskEncoder(model, scorer: scorer)
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
