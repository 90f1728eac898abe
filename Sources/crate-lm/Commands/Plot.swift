public import ArgumentParser
import CRATELM
public import TextModels

/// The curves of runs on a terminal.
struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw the curves of runs in the terminal.",
    discussion: """
      A run may still be training. Several runs share one picture, each curve with a letter at its \
      end.

        crate-lm plot run
        crate-lm plot run-1 run-2 --by time
      """)

  @OptionGroup var input: RunPaths

  @Option(help: "What to draw. (default: validation-loss, or loss without any)")
  var measure: RunMeasure?

  @Option(help: "The horizontal axis.")
  var by = RunAxis.tokens

  @Option(number: "The rows of the picture.")
  var height = 16

  func validate() throws { try Self.require("height", height, from: 2, to: 200) }

  func run() throws {
    let runs = try input.summaries().map { RunSummary($0.name.printable, $0.history) }
    guard runs.count <= TextChart.letters.count else {
      throw ValidationError(
        "\(runs.count) runs are more than a picture has letters for, \(TextChart.letters.count).")
    }
    let hasValidation = runs.contains { !$0.history.validations.isEmpty }
    let measure = measure ?? (hasValidation ? .validationLoss : .loss)
    let chart = measure.chart(of: runs, by: by)
    guard chart.series.contains(where: { !$0.points.isEmpty }) else {
      throw ValidationError(
        "\(input.runs.joined(separator: ", ")) \(runs.count == 1 ? "has" : "have") no "
          + "\(measure.rawValue); choose another --measure.")
    }
    try StandardOutput.write(
      TextChart(
        chart, width: StandardOutput.width, height: height, isColored: StandardOutput.isColored
      ).text)
  }
}

extension RunMeasure: ExpressibleByArgument {}
extension RunAxis: ExpressibleByArgument {}
