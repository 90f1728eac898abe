import ArgumentParser
import CRATELM
import SystemPackage
import TextModels

/// Training in this process, with its reports to the user.
struct PretrainSession {
  let run: Run
  let limits: TrainingLimits
  let threads: Int
  let report: ReportOptions
  let pretraining: Pretraining
  private(set) var progress: ProgressLine
  private(set) var speed = Speed()

  /// Trains to the end, or to a request to stop, and reports.
  ///
  /// - Throws: the errors of training; `ExitCode` with the status of a stopped run.
  mutating func train() throws {
    if run.trainer.state.step > 0 {
      report.note("Continuing after step \(run.trainer.state.step).")
    }
    WriteDeadline.prepare(for: run.directory.path, after: limits.writing)
    defer { WriteDeadline.lift() }
    let end = try run.train { event in
      WriteDeadline.lift()
      if case .diskFull(let error, let failures) = event {
        progress.clear()
        return limits.waitForSpace(error, after: failures, note: report.note)
      }
      try handle(event)
      return !limits.areReached
    }
    progress.clear()
    switch end {
    case .finished:
      if report.json { try StandardOutput.print(summary) }
      report.note("Done: \(run.directory.path) holds the model.")
    case .stopped:
      report.note(
        "Stopped after step \(run.trainer.state.step) of \(run.trainer.configuration.steps); "
          + "the same command with --resume auto goes on.")
      throw ExitCode(ExitStatus.stopped.rawValue)
    }
  }

  private mutating func handle(_ event: TrainingEvent) throws {
    switch event {
    case .step(let step, let validation):
      speed.add(step)
      let text = line(step, validation: validation ?? run.lastValidation)
      if validation != nil {
        progress.clear()
        report.note(text)
      } else {
        progress.update(text)
      }
    case .writing:
      WriteDeadline.set()
    case .diskFull, .saved:
      break
    case .sample(let model, let step):
      let seed = run.trainer.configuration.seed
      guard !report.quiet,
        let sample = try pretraining.sample(model, seed: seed, threads: threads)
      else { return }
      progress.clear()
      StandardError.print("--- sample after step \(step)\n\(text(sample))\n---")
    }
  }

  private func line(_ step: StepReport, validation: ValidationLoss?) -> String {
    let total = run.trainer.configuration.steps
    var parts = ["step \(step.step)/\(total)", "loss \(Quantity.fixed(step.loss, 3))"]
    if let validation {
      let bits = validation.bitsPerByte.map { " (\(Quantity.fixed($0, 3)) bits/byte)" } ?? ""
      parts.append("validation \(Quantity.fixed(validation.loss, 3))\(bits)")
    }
    parts.append("\(Quantity.count(Int(speed.tokensPerSecond ?? step.tokensPerSecond))) tokens/s")
    parts.append("\(Quantity.seconds(speed.seconds(forSteps: total - step.step))) left")
    return parts.joined(separator: " | ")
  }

  private func text(_ sample: TrainingSample) -> String {
    switch sample {
    case .written(let text): return text
    case .filled(let text, let guesses, let truth):
      let named = guesses.map {
        "\($0.token.debugDescription) \(Quantity.fixed(100 * $0.probability, 1)) %"
      }
      return "\(text)\n→ \(named.joined(separator: ", ")); it was \(truth.debugDescription)"
    }
  }

  private var summary: JSONFields {
    let trainer = run.trainer
    return [
      "steps": trainer.state.step, "tokens": trainer.state.tokens, "loss": run.lastStep?.loss,
      "validation_loss": run.lastValidation?.loss,
      "validation_bits_per_byte": run.lastValidation?.bitsPerByte,
      "tokens_per_second": speed.tokensPerSecond ?? run.lastStep?.tokensPerSecond,
      "parameters": trainer.model.parameterCount, "seconds": trainer.state.seconds,
      "seed": trainer.configuration.seed, "run": run.directory.path.string,
    ]
  }
}

/// The pace of the last steps.
struct Speed {
  private var secondsPerStep = 0.0

  /// The weight of the newest step in the average.
  private static let newestWeight = 0.05

  mutating func add(_ step: StepReport) {
    let previous = tokensPerSecond ?? step.tokensPerSecond
    let rate = previous + Self.newestWeight * (step.tokensPerSecond - previous)
    tokensPerSecond = rate
    secondsPerStep = Double(step.tokens) / Double(step.step) / rate
  }

  /// `nil` before the first step.
  private(set) var tokensPerSecond: Double?

  func seconds(forSteps steps: Int) -> Double { Double(steps) * secondsPerStep }
}
