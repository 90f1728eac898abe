import CRATELM
import Storage
import SystemPackage
import TextModels

extension Pretrain {
  /// The share of the sgemm rate that training is expected to reach; 0.71 to 0.88 were measured
  /// (docs/performance.md).
  private static let expectedShare = 0.75

  /// Prints the size, memory, disk space and time of a run, without training.
  func printDryRun(
    _ model: ModelConfiguration, _ plan: TrainingConfiguration, _ reading: Reading,
    tokenizer: FilePath
  ) throws {
    let parameters = LanguageModel.parameterCount(model)
    let memory = Trainer.byteCount(model, plan, threads: threads.count)
    let checkpoint = Checkpoint.byteCount(
      of: model, tokenizerByteCount: try FileSystem.byteCount(of: tokenizer))
    let checkpoints = plan.largestCheckpointCount
    let disk = Checkpoint.byteCount(checkpoint, times: checkpoints)
    let rate =
      try GEMMBenchmark.operationsPerSecond(threads: threads.count) * Self.expectedShare
    let operations = TrainingCost.operationsPerToken(
      model, predictedShare: plan.masking?.rate ?? 1)
    let seconds = Double(reading.tokens) * operations / rate
    try report.print(
      text: """
        parameters: \(parameters)
        memory: \(Quantity.bytes(memory)), beside some 30 MB of the program itself
        disk: \(Quantity.bytes(disk)) (\(checkpoints.counting("checkpoint")) of \
        \(Quantity.bytes(checkpoint)) at most)
        \(reading.labelledSizes)
        work: \(([reading.work] + reading.warnings).joined(separator: "\n"))
        time: about \(Quantity.seconds(seconds)), from the sgemm rate measured now

        """,
      json: [
        "parameters": parameters, "memory_bytes": memory, "disk_bytes": disk,
        "steps": plan.steps, "tokens": reading.tokens, "epochs": reading.epochs,
        "seconds": seconds,
      ] + reading.fields)
  }
}
