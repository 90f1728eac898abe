import CRATELM
import SystemPackage
import Testing

/// Training finds the entropy of a language for which it is known.
@Suite struct EntropyTests {
  /// The held-out loss of a model that has learned the chain lies at its entropy; with 20,000
  /// tokens held out the sample's own entropy differs from it by less than a percent.
  @Test(arguments: Precision.allCases.filter(\.isAvailable))
  func lossReachesTheEntropy(precision: Precision) throws {
    let chain = MarkovChain(symbolCount: 10, seed: 4)
    let folder = try TemporaryFolder()
    let data = try chain.pack(200_000, into: folder.path.appending("data"))
    let model = try LanguageModel(
      ModelConfiguration(
        depth: 1, width: 32, headCount: 2, contextLength: 32, vocabularySize: 10),
      seed: 1)
    let steps = 400
    var plan = try TrainingConfiguration(
      steps: steps, batch: 32, microbatch: 32,
      schedule: LearningRateSchedule(
        peak: 1e-2, finalFraction: 0.01, warmupSteps: 20, totalSteps: steps),
      seed: 1, validationInterval: steps, saveInterval: steps, sampleInterval: nil,
      keptCheckpoints: 1)
    plan.precision = precision
    let trainer = try Trainer(model: model, data: data, configuration: plan, threads: 2)
    for _ in 0..<steps { _ = try trainer.step() }
    let report = try #require(try trainer.validationReports()[0])
    #expect(abs(report.loss - chain.entropy) < 0.02 * chain.entropy)
    #expect(report.bytes == report.tokens)
  }
}
