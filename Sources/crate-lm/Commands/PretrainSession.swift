import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// Training in this process, with its reports to the user.
struct PretrainSession {
  let run: Run
  let limits: TrainingLimits
  let threads: Int
  let report: ReportOptions
  let pretraining: Pretraining
  private(set) var log: TrainingLog
  private let start = TimeStamp.now

  /// Trains to the end, or to a request to stop, and reports.
  ///
  /// - Throws: the errors of training; `ExitCode` with the status of a stopped run.
  mutating func train() throws {
    let (first, total) = (run.trainer.state.step, run.trainer.configuration.steps)
    if first > 0, first < total { report.note("Continuing after step \(first).") }
    WriteDeadline.prepare(for: run.directory.path, after: limits.writing)
    defer { WriteDeadline.lift() }
    let end = try run.train { event in
      WriteDeadline.lift()
      if case .diskFull(let error, let failures) = event {
        log.clear()
        return limits.waitForSpace(error, after: failures, note: report.note)
      }
      try handle(event)
      return !limits.areReached
    }
    log.clear()
    switch end {
    case .finished:
      if report.json { try StandardOutput.print(summary) }
      report.note(
        first < total
          ? outcome : "\(run.directory.path) is finished (\(total) of \(total) steps).")
      report.note(nextCommand)
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
      log.show(step, validation ?? run.lastValidation, isValidated: validation != nil)
    case .writing:
      WriteDeadline.set()
    case .diskFull, .saved:
      break
    case .sample(let model, let step):
      let seed = run.trainer.configuration.seed
      guard !report.quiet,
        let sample = try pretraining.sample(model, seed: seed, threads: threads)
      else { return }
      log.show(sample, after: step)
    }
  }

  /// What came of training, in a sentence.
  private var outcome: String {
    let state = run.trainer.state
    let bits = run.lastValidation?.bitsPerByte.map { ", \(Quantity.fixed($0, 3)) bits/byte" } ?? ""
    let validation = run.lastValidation.map {
      "; validation loss \(Quantity.fixed($0.loss, 3))\(bits)"
    }
    return "Done: \(run.directory.path) holds the model after \(state.step) steps in "
      + "\(Quantity.seconds(state.seconds))\(validation ?? "")."
  }

  /// The command that uses the model.
  private var nextCommand: String {
    let path = run.directory.path.string.shellWord
    return run.trainer.model.configuration.objective.attention == .causal
      ? "Next: crate-lm generate \(path) --prompt 'It was'"
      : "Next: crate-lm fill-mask \(path) 'A text with one [MASK] or more.'"
  }

  private var summary: JSONFields {
    let trainer = run.trainer
    let state = trainer.state
    return [
      "steps": state.step, "tokens": state.tokens, "loss": run.lastStep?.loss,
      "validation_loss": run.lastValidation?.loss,
      "validation_bits_per_byte": run.lastValidation?.bitsPerByte,
      "tokens_per_second": state.seconds > 0 ? Double(state.tokens) / state.seconds : nil,
      "parameters": trainer.model.parameterCount, "seconds": state.seconds,
      "seed": trainer.configuration.seed, "run": run.directory.path.string,
      "started": start.description, "ended": TimeStamp.now.description,
    ]
  }
}
