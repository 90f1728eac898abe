import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// The final figures of runs, side by side.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare runs: their sizes, losses and speeds in a table.",
    discussion: """
      A column for each run, in several tables if the terminal is too narrow; --json has more \
      numbers.

        crate-lm compare run-1 run-2 run-3
      """)

  @OptionGroup var input: RunPaths

  @OptionGroup var report: ReportOptions

  func run() throws {
    try report.print(
      Comparison(runs: input.summaries(), width: StandardOutput.width))
  }
}

/// The result of `compare`.
private struct Comparison: Report {
  let runs: [RunSummary]
  /// The columns of the page.
  let width: Int

  var fields: JSONFields { ["runs": runs.map(\.fields)] }

  /// One row for a measure, one column for a run: names may be long, runs are few.
  var text: String {
    let headings = RunSummary.columns.map(\.heading)
    let first = headings.map { $0.padded(to: headings.map(\.count).max() ?? 0) }
    var tables = [first]
    for run in runs {
      let texts = RunSummary.columns.map { $0.text(run).printable }
      let width = 2 + (texts.map(\.count).max() ?? 0)
      let last = tables.count - 1
      if tables[last] != first, tables[last][0].count + width > self.width {
        tables.append(first)
      }
      for (row, text) in texts.enumerated() {
        tables[tables.count - 1][row] += text.aligned(to: width)
      }
    }
    return tables.map { $0.map { $0 + "\n" }.joined() }.joined(separator: "\n")
  }
}

extension RunSummary {
  fileprivate var fields: JSONFields {
    let model = history.record.model
    return [
      "run": history.directory.path.string, "architecture": model.architecture.rawValue,
      "objective": model.objective.rawValue, "depth": model.depth, "width": model.width,
      "heads": model.headCount, "context": model.contextLength,
      "parameters": parameterCount, "steps": last?.step ?? 0, "planned_steps": plannedSteps,
      "tokens": last?.tokens ?? 0, "loss": last?.loss,
      "validation_loss": validation?.loss.loss,
      "validation_bits_per_byte": validation?.loss.bitsPerByte,
      "best_validation_loss": history.best?.loss.loss, "best_step": history.best?.update.step,
      "tokens_per_second": history.tokensPerSecond, "seconds": last?.seconds,
      "warnings": warnings,
    ]
  }
}
