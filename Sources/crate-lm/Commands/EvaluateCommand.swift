import ArgumentParser

/// How well a model predicts.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a model predicts text.",
    subcommands: [
      EvaluatePerplexity.self, EvaluateBLiMP.self, EvaluateLAMBADA.self, EvaluateChoice.self,
    ])
}
