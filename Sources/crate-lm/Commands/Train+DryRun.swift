import CRATELM
import Storage
import SystemPackage
import TextModels

extension Train {
  /// Prints the commands that are to come; those of a new directory with estimated sizes.
  func printPlan(_ training: inout TextTraining) throws {
    var progress = try directory.progress()
    var commands: [String] = []
    if progress.run == nil { training.runSizes = try estimatedSizes(training) }
    while let action = training.action(after: progress) {
      let command = TrainCommand(action, in: directory, training, threads: threads, report: report)
      commands.append(command.description)
      guard let next = training.expected(after: action) else { break }
      progress = next
    }
    if commands.isEmpty {
      report.note("\(directory.path) is finished: there is no command to run.")
    }
    try report.print(
      text: commands.map { $0 + "\n" }.joined(),
      json: ["directory": directory.path.string, "commands": commands])
  }

  private func estimatedSizes(_ training: TextTraining) throws -> RunSizes {
    let sizes = training.textSizes
    let tokens = Double(sizes.tokenCount(ofBytes: training.text.bytes))
    return try RunSizes(
      data: (
        Int(tokens * (1 - sizes.validationFraction)), Int(tokens * sizes.validationFraction)
      ),
      vocabularySize: sizes.vocabularySize, objective: training.objective,
      seconds: training.trainingSeconds, operationsPerSecond: training.operationsPerSecond)
  }
}

extension TextTraining {
  /// The progress after `action` if all goes as estimated; `nil` after the last estimate.
  fileprivate func expected(after action: Action) -> Progress? {
    switch action {
    case .learnVocabulary: return Progress(hasTokenizer: true)
    case .pack: return Progress(hasTokenizer: true, hasData: true)
    case .begin(let seconds):
      guard let sizes = runSizes, !sizes.isLimitedByText else { return nil }
      let share = 1 - TrainingConfiguration.usualDecayShare
      let run = Progress.Run(
        step: Int(share * Double(sizes.steps) / RunSizes.reserve),
        seconds: Double(seconds), steps: sizes.steps, lastStepBeforeDecay: sizes.steps)
      return Progress(hasTokenizer: true, hasData: true, run: run)
    case .goOn, .decay, .finish, .extend: return nil
    }
  }
}
