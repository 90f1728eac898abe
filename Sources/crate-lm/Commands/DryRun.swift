import CRATELM
import Storage

/// What a run would take, without doing it.
struct DryRun {
  private let parameters: Int
  private let memory: Int
  private let checkpoint: Int
  private let checkpoints: Int
  private let disk: Int
  private let tokens: Int
  private let steps: Int
  private let seconds: Double

  /// The part of the sgemm rate that training is expected to reach, which was 0.71 to 0.88
  /// (docs/performance.md).
  private static let expectedShare = 0.75

  init(_ model: ModelConfiguration, _ plan: TrainingConfiguration, threads: Int) throws {
    parameters = LanguageModel.parameterCount(model)
    memory = Trainer.byteCount(model, plan, threads: threads)
    checkpoint = Checkpoint.byteCount(of: model)
    checkpoints = plan.keptCheckpoints + 1
    disk = Checkpoint.byteCount(checkpoint, times: checkpoints)
    steps = plan.steps
    tokens = plan.steps * plan.batch * model.contextLength
    let rate = try GEMMBenchmark.operationsPerSecond(threads: threads) * Self.expectedShare
    seconds =
      Double(tokens)
      * TrainingCost.operationsPerToken(
        model, predictedShare: plan.masking?.rate ?? 1) / rate
  }

  func print(asJSON: Bool) throws {
    guard asJSON else {
      return try StandardOutput.write(
        """
        parameters: \(parameters)
        memory: \(Quantity.bytes(memory))
        disk: \(Quantity.bytes(disk)) (\(checkpoints) checkpoints of \
        \(Quantity.bytes(checkpoint)) at most)
        work: \(steps) steps, \(Quantity.count(tokens)) tokens
        time: about \(Quantity.seconds(seconds)), from the sgemm rate measured now

        """)
    }
    try JSONOutput.print(
      .members([
        ("parameters", .count(parameters)), ("memory_bytes", .count(memory)),
        ("disk_bytes", .count(disk)), ("steps", .count(steps)),
        ("tokens", .count(tokens)), ("seconds", .number(seconds)),
      ]))
  }
}
