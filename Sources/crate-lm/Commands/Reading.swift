import CRATELM
import Storage
import SystemPackage
import TextModels

/// How much of its texts training reads.
struct Reading {
  /// One text.
  struct Part {
    let data: TokenData
    /// Its share of the sequences.
    let share: Double
    /// The number of times that it is read.
    let epochs: Double
  }

  private let steps: Int
  private let stepTokens: Int
  private let parts: [Part]
  /// The number of times that the texts together are read.
  let epochs: Double

  /// Whether a text has enough held out for a validation.
  let canBeValidated: Bool
  /// The readings beyond which a text teaches next to nothing more.
  private let usefulEpochs: Int

  /// - Throws: `ConfigurationError` for a masked model without a `vocabulary`.
  init(
    _ model: ModelConfiguration, _ plan: TrainingConfiguration, of mixture: Mixture,
    vocabulary: MaskingVocabulary?
  ) throws {
    (steps, stepTokens) = (plan.steps, plan.batch * model.contextLength)
    usefulEpochs = plan.usefulEpochs
    epochs = plan.epochs(of: model, over: mixture.tokenCount(of: .train))
    let examples = try model.examples(for: .validation, vocabulary: vocabulary)
    canBeValidated = mixture.sources.contains {
      examples.windowCount(of: $0.data.validation.tokenCount) > 0
    }
    parts = zip(mixture.sources, mixture.shares(in: examples)).map { source, share in
      let epochs = plan.epochs(of: model, over: source.data.train.tokenCount)
      return Part(data: source.data, share: share, epochs: share * epochs)
    }
  }

  /// All tokens of training.
  var tokens: Int { steps * stepTokens }

  /// The size of each text and, of a mixture, how much of it is read; in lines.
  var sizes: String { lines.joined(separator: "\n") }

  /// The same with a label before each line.
  var labelledSizes: String {
    lines.map { (parts.count > 1 ? "text " : "data: ") + $0 }.joined(separator: "\n")
  }

  private var lines: [String] {
    parts.map { part in
      let size =
        "\(part.data.train.tokenCount.counting("token")) to learn from, "
        + "\(part.data.validation.tokenCount) held out"
      guard parts.count > 1 else { return size }
      return "\(part.data.directory): \(size); \(Quantity.fixed(100 * part.share, 1)) % of the "
        + "sequences, \(times(part.epochs)) over it"
    }
  }

  /// The fewest tokens, some 80 kB of prose, that are not called very little text.
  private static let fewTokens = 20_000

  /// What so few `tokens` to learn from are good for; `nil` if they are enough for more.
  static func warning(ofTokens tokens: Int) -> String? {
    guard tokens < fewTokens else { return nil }
    return "Note: \(tokens.counting("token")) is very little text. That is fine for a try, but "
      + "a model can only learn to repeat it; a megabyte is a good beginning."
  }

  /// The work, in a line.
  var work: String {
    "\(steps.counting("step")) of \(stepTokens.counting("token")), "
      + "\(Quantity.count(tokens)) in all: "
      + "\(times(epochs)) over the text" + (parts.count > 1 ? "s together" : "")
  }

  /// What is said of a text that is very little or will be learnt by heart.
  var warnings: [String] {
    let few = Self.warning(ofTokens: parts.reduce(0) { $0 + $1.data.train.tokenCount })
    return [few, heartWarning].compactMap(\.self)
  }

  private var heartWarning: String? {
    // Whole steps may read a little more than is asked for.
    guard let most = parts.max(by: { $0.epochs < $1.epochs }),
      most.epochs * Double(steps - 1) >= Double(usefulEpochs * steps)
    else { return nil }
    let subject =
      parts.count > 1 ? "\(most.data.directory), read so often," : "a text read so often"
    let remedy = parts.count > 1 ? "a smaller weight" : "--epochs \(usefulEpochs) at most"
    return "Warning: \(subject) is learnt by heart; more than \(usefulEpochs) readings teach "
      + "little. Give more text, or \(remedy)."
  }

  /// What a dry run says of a mixture's texts.
  var fields: JSONFields {
    guard parts.count > 1 else { return [:] }
    return [
      "data": parts.map {
        ["data": $0.data.directory.string, "share": $0.share, "epochs": $0.epochs] as JSONFields
      }
    ]
  }

  private func times(_ epochs: Double) -> String {
    "\(Quantity.fixed(epochs, epochs < 0.095 ? 3 : epochs < 9.95 ? 1 : 0)) times"
  }
}
