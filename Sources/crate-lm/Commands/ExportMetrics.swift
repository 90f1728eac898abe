import ArgumentParser
import CRATELM
import SystemPackage

/// The log of a run for other programs.
struct ExportMetrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print the log of a run as a table for other programs.",
    discussion: """
      One row for every update; a cell without a value is empty. docs/metrics.md has the units.

        crate-lm export metrics run --format csv > run.csv
      """)

  /// The form of the table.
  enum Format: String, CaseIterable, ExpressibleByArgument { case csv }

  @Argument(
    help: ArgumentHelp("The directory of a run, or of 'train'.", valueName: "run"))
  var path: String

  @Option(help: "The form of the table.")
  var format = Format.csv

  private typealias Column = (
    heading: String, value: @Sendable (StepReport, ValidationLoss?) -> String
  )

  private static let columns: [Column] = [
    ("step", { step, _ in "\(step.step)" }),
    ("tokens", { step, _ in "\(step.tokens)" }),
    ("loss", { step, _ in "\(step.loss)" }),
    ("learning_rate", { step, _ in "\(step.learningRate)" }),
    ("gradient_norm", { step, _ in "\(step.gradientNorm)" }),
    ("tokens_per_second", { step, _ in "\(step.tokensPerSecond)" }),
    ("seconds", { step, _ in "\(step.seconds)" }),
    ("skipped", { step, _ in "\(step.isSkipped)" }),
    ("validation_loss", { _, validation in validation.map { "\($0.loss)" } ?? "" }),
    (
      "validation_bits_per_byte",
      { _, validation in validation?.bitsPerByte.map { "\($0)" } ?? "" }
    ),
  ]

  /// The rows that are printed at once.
  private static let rowsAtOnce = 4096

  func run() throws {
    let history = try RunHistory(TrainingDirectory.run(at: RawBytes.path(path)))
    try StandardOutput.write(Self.columns.map(\.heading).joined(separator: ",") + "\n")
    var validations = history.validations[...]
    for start in stride(from: 0, to: history.updates.count, by: Self.rowsAtOnce) {
      let part = history.updates[start..<min(start + Self.rowsAtOnce, history.updates.count)]
      let rows = part.map { update in
        let validation = validations.first.flatMap { $0.update.step == update.step ? $0 : nil }
        if validation != nil { validations.removeFirst() }
        return Self.columns.map { $0.value(update, validation?.loss) }.joined(separator: ",") + "\n"
      }
      try StandardOutput.write(rows.joined())
    }
  }
}
