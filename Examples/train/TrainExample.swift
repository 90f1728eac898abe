import CRATELM
import SystemPackage

/// Trains a small causal model: `train-example DATA RUN`; `data pack` makes DATA.
///
/// Whatever ends the process, the same command goes on from the last checkpoint.
@main
enum TrainExample {
  static func main() throws {
    let data = try TokenData(directory: FilePath(CommandLine.arguments[1]))
    let directory = RunDirectory(FilePath(CommandLine.arguments[2]))
    let model = try ModelConfiguration(
      depth: 2, width: 32, headCount: 2, contextLength: 32,
      vocabularySize: data.manifest.vocabularySize)
    let training = try TrainingConfiguration(
      steps: 60, batch: 8, microbatch: 8,
      schedule: LearningRateSchedule(
        peak: 5e-3, finalFraction: 0.1, warmupSteps: 6, totalSteps: 60),
      seed: 1, validationInterval: 20, saveInterval: 10, sampleInterval: nil, keptCheckpoints: 2)
    let conditions = Conditions.current(program: "train-example 1.0", threads: 2)
    let run =
      try Run.resume(directory, on: data, conditions: conditions)
      ?? Run.create(
        directory, model: model, training: training, on: data, conditions: conditions,
        replacing: .runWithoutWeights)
    let end = try run.train { event in
      if case .step(let step, let validation?) = event {
        print("step \(step.step): loss \(step.loss), validation \(validation.loss)")
      }
      return true  // to go on
    }
    print(end == .finished ? "done" : "stopped")
  }
}
