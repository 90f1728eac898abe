public import CRATELM
import SystemPackage

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

  /// The runs of `histories` under the last parts of their paths, or the whole ones if two are
  /// equal.
  public static func all(_ histories: [RunHistory]) -> [RunSummary] {
    let paths = histories.map(\.directory.path)
    let short = paths.map { $0.lastComponent?.string ?? $0.string }
    let names = Set(short).count == short.count ? short : paths.map(\.string)
    return zip(names, histories).map { RunSummary($0, $1) }
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
    ("parameters", { count($0.parameterCount) }),
    ("steps", { run in "\(run.last?.step ?? 0)" }),
    ("tokens", { count($0.last?.tokens ?? 0) }),
    ("loss", { number($0.last?.loss, 3) }),
    ("validation", { number($0.validation?.loss.loss, 3) }),
    ("bits/byte", { number($0.validation?.loss.bitsPerByte, 3) }),
    ("lowest", { number($0.history.best?.loss.loss, 3) }),
    ("at step", { $0.history.best.map { "\($0.update.step)" } ?? "-" }),
    ("tokens/s", { number($0.history.tokensPerSecond, 0) }),
    ("time", { time($0.last?.seconds) }),
  ]

  private static func number(_ value: Double?, _ digits: Int) -> String {
    value?.text(digits: digits) ?? "-"
  }

  private static func count(_ count: Int) -> String {
    let value = Double(count)
    for (unit, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= 0.9995 * unit {
      return "\((value / unit).text(digits: 2)) \(letter)"
    }
    return "\(count)"
  }

  private static func time(_ seconds: Double?) -> String {
    guard let seconds else { return "-" }
    let unit = Magnitude.time(upTo: seconds)
    return "\((seconds / unit.value).text(digits: 1)) \(unit.name ?? "")"
  }

  /// What a reader should know before trusting the figures, in sentences.
  public var warnings: [String] {
    var warnings: [String] = []
    if let plannedSteps, let last, last.step < plannedSteps {
      warnings.append("The run is at step \(last.step) of \(plannedSteps).")
    }
    if let best = history.best, let validation, best.update.step < validation.update.step {
      warnings.append(
        "The lowest validation loss was after step \(best.update.step), before the end: the model "
          + "learned the text by heart from there on.")
    }
    let skipped = history.updates.count { $0.isSkipped }
    if skipped > 0 { warnings.append("\(skipped) updates were skipped because of their gradient.") }
    for (layer, report) in (validation?.layers ?? []).enumerated() {
      if let stability = report.stepStability, stability >= 2 {
        warnings.append(
          "ISTA does not converge in layer \(layer): η·σ² is \(stability.text(digits: 2)), not "
            + "below 2.")
      }
      if let dead = report.deadUnitShare, dead > 0.5 {
        warnings.append(
          "\((100 * dead).text(digits: 0)) % of the units of layer \(layer) are dead.")
      }
    }
    var conditions = history.record.training?.conditions
    for resumption in history.record.training?.resumptions ?? [] {
      let changes = conditions.map { resumption.conditions.differences(from: $0) } ?? []
      warnings += changes.map { "After step \(resumption.step): \($0)." }
      conditions = resumption.conditions
    }
    return warnings
  }
}
