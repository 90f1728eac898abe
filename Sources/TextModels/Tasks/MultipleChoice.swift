public import CRATELM
import Storage
public import SystemPackage

/// The task of finding the right one of several endings of a context.
///
/// An example is a line such as `{"context": "The sky is", "endings": ["blue", "square"], "label":
/// 0}`. Among equal scores the first counts.
public enum MultipleChoice {
  /// The shares of examples whose right ending has the largest score, for three kinds of score.
  public struct Result: Sendable {
    /// The score is the sum of the tokens' log-probabilities.
    public var sum = Accuracy()
    /// The score is that sum per character of the ending.
    public var perCharacter = Accuracy()
    /// The score is that sum per byte of the ending.
    public var perByte = Accuracy()
    /// The settings that the numbers depend on.
    public let settings: EvaluationSettings
  }

  /// Evaluates `model` on `files`, or directories of `.jsonl` files.
  ///
  /// - Parameters:
  ///   - files: paths; `-` is standard input.
  ///   - delimiter: the text between a context and an ending.
  ///   - model: the model.
  ///   - scorer: a scorer of texts by the model.
  ///   - progress: called as the evaluation proceeds.
  /// - Returns: three accuracies.
  /// - Throws: ``InputError``, `FileError`; `ConfigurationError` if the tokenizer has no token to
  ///   begin a text with.
  public static func evaluate(
    _ files: [FilePath], delimiter: String = " ", model: TextModel, scorer: Scorer,
    progress: @escaping (ScoringProgress) -> Void = { _ in }
  ) throws -> Result {
    var encoder = TaskEncoder(model, scorer: scorer)
    var result = Result(settings: EvaluationSettings(model, metric: scorer.metric))
    try TaskLine.score(
      files, kind: "contexts", progress: progress, by: scorer.logProbabilities
    ) { line in
      let context = try line.text("context")
      let example = try Example(line)
      let passages = try example.endings.map {
        try encoder.passage(context: context, continuation: delimiter + $0, line: line)
      }
      return (example, passages)
    } finish: { example, values in
      let scores = values.map { $0.reduce(0, +) }
      result.sum.add(example.isRight(scores) { _ in 1 })
      result.perCharacter.add(example.isRight(scores) { $0.unicodeScalars.count })
      result.perByte.add(example.isRight(scores) { $0.utf8.count })
    }
    return result
  }

  /// An example: its endings and the index of the right one.
  private struct Example {
    let label: Int
    let endings: [String]

    init(_ line: TaskLine) throws(InputError) {
      guard let values = line["endings"]?.array, values.count > 1 else {
        throw line.missing("a list of at least two texts", "endings")
      }
      let endings = values.compactMap(\.string)
      guard endings.count == values.count, !endings.contains("") else {
        throw line.error("expected texts that are not empty in the field endings")
      }
      (label, self.endings) = (try Self.label(line, endings), endings)
    }

    /// The index of the ending that the label is the number of, perhaps as a text, or the text of.
    private static func label(_ line: TaskLine, _ endings: [String]) throws(InputError) -> Int {
      let text = line["label"]?.string
      let number = line["label"]?.integer.map(Int.init) ?? text.flatMap { Int($0) }
      let named = endings.indices.filter { endings[$0] == text }
      let numbered = number.map { endings.indices.contains($0) ? [$0] : [] } ?? []
      let found = Set(named + numbered)
      guard found.count < 2 else {
        throw line.error(
          "expected the label of one ending, found '\(text ?? "")', which is that of "
            + found.sorted().map { "\($0)" }.joined(separator: " and "))
      }
      guard let label = found.first else {
        throw line.missing(
          "the number of an ending, 0 to \(endings.count - 1), or its text", "label")
      }
      return label
    }

    /// Whether the ending with the largest score per `length` is the right one.
    func isRight(_ scores: [Double], per length: (String) -> Int) -> Bool {
      let values = zip(scores, endings).map { $0 / Double(length($1)) }
      return values.firstIndex(of: values.max() ?? 0) == label
    }
  }
}
