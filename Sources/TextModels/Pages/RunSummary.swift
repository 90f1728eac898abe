public import CRATELM
import Storage
public import SystemPackage

/// The final figures of a run.
public struct RunSummary: Sendable {
  /// The run's name.
  public let name: String
  /// Its past.
  public let history: RunHistory

  /// The figures of `history` under a name.
  public init(_ name: String, _ history: RunHistory) {
    (self.name, self.history) = (name, history)
  }

  /// The runs at `paths`, each a directory of a run or of a text, and each once, under the last parts
  /// of their paths, or the whole ones if two are equal.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  public static func all(at paths: [FilePath]) throws -> [RunSummary] {
    var runs: [(path: FilePath, history: RunHistory)] = []
    for path in paths where !runs.contains(where: { $0.path == path }) {
      runs.append((path, try RunHistory(TrainingDirectory.run(at: path))))
    }
    let short = runs.map { $0.path.lastComponent?.string ?? $0.path.string }
    let areDistinct = Set(short).count == short.count
    return zip(runs, short).map { RunSummary(areDistinct ? $1 : $0.path.string, $0.history) }
  }

  /// The number of parameters.
  public var parameterCount: Int { LanguageModel.parameterCount(history.record.model) }
  /// The last update; `nil` before the first.
  public var last: StepReport? { history.updates.last }
  /// The last validation; `nil` before the first.
  public var validation: RunHistory.Validation? { history.validations.last }
  /// The updates that are planned.
  public var plannedSteps: Int? { history.record.training?.configuration.steps }

  /// A column of a table of runs: its heading and the text of a run.
  public typealias Column = (heading: String, text: @Sendable (RunSummary) -> String)

  /// The columns of a table of runs.
  public static let columns: [Column] = [
    ("run", { $0.name }),
    ("architecture", { $0.history.record.model.architecture.rawValue }),
    ("objective", { $0.history.record.model.objective.rawValue }),
    (
      "shape",
      {
        let model = $0.history.record.model
        return "\(model.depth) x \(model.width)"
      }
    ),
    ("parameters", { Quantity.count($0.parameterCount) }),
    ("steps", { run in "\(run.last?.step ?? 0)" }),
    ("tokens", { Quantity.count($0.last?.tokens ?? 0) }),
    ("loss", { number($0.last?.loss, 3) }),
    ("validation", { number($0.validation?.loss.loss, 3) }),
    ("bits/byte", { number($0.validation?.loss.bitsPerByte, 3) }),
    ("lowest", { number($0.history.best?.loss.loss, 3) }),
    ("at step", { $0.history.best.map { "\($0.update.step)" } ?? "-" }),
    ("tokens/s", { number($0.history.tokensPerSecond, 0) }),
    ("time", { $0.last.map { Quantity.seconds($0.seconds) } ?? "-" }),
  ]

  private static func number(_ value: Double?, _ digits: Int) -> String {
    value.map { Quantity.fixed($0, digits) } ?? "-"
  }

  /// The part by which a loss must rise before it is a warning.
  private static let clearRise = 0.01

  /// What a reader should know before trusting the figures, in sentences.
  public var warnings: [String] {
    var warnings: [String] = []
    let step = last?.step ?? 0
    if let plannedSteps, step < plannedSteps {
      warnings.append("The run is at step \(step) of \(plannedSteps).")
    } else if let best = history.best, let validation,
      validation.loss.loss > (1 + Self.clearRise) * best.loss.loss
    {
      warnings.append(
        "The validation loss rose from \(Quantity.fixed(best.loss.loss, 3)) after step "
          + "\(best.update.step) to \(Quantity.fixed(validation.loss.loss, 3)); the best checkpoint is "
          + "\(history.directory.best).")
    }
    let skipped = history.updates.count { $0.isSkipped }
    if skipped > 0 {
      let updates = skipped.counting("update")
      warnings.append("The gradient led to the skipping of \(updates).")
    }
    for (layer, report) in (validation?.layers ?? []).enumerated() {
      if let stability = report.stepStability, stability >= 2 {
        warnings.append(
          "ISTA does not converge in layer \(layer): η·σ² is \(Quantity.fixed(stability, 2)), not "
            + "below 2.")
      }
      if let dead = report.deadUnitShare, dead > 0.5 {
        warnings.append(
          "\(Quantity.fixed(100 * dead, 0)) % of the units of layer \(layer) are dead.")
      }
    }
    var conditions = history.record.training?.conditions
    for resumption in history.record.training?.resumptions ?? [] {
      // Another number of threads changes no bit.
      var others = conditions ?? resumption.conditions
      others.threads = resumption.conditions.threads
      let changes = resumption.conditions.differences(from: others)
      warnings += changes.map { "After step \(resumption.step): \($0)." }
      conditions = resumption.conditions
    }
    return warnings
  }
}
