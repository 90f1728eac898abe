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
  let clock: StepClock
  private(set) var log: TrainingLog
  /// The directory of TensorBoard's log; `nil` if none is asked for, or once it cannot be written.
  private(set) var tensorBoardDirectory: FilePath?
  /// The log, from the first update on.
  private(set) var tensorBoard: TensorBoardLog?
  private let start = TimeStamp.now
  private(set) var hasMadeStep = false
  private(set) var hasWarned = false

  /// The longest microbatch after which training still stops in time for Slurm or systemd.
  private static let longestMicrobatch = 60.0

  /// Trains to the end, or to a request to stop, and reports.
  ///
  /// - Throws: the errors of training; `ExitCode` with the status of a stopped run.
  mutating func finish() throws {
    let wasComplete = run.trainer.isComplete
    let end = try train()
    let (step, total) = (run.trainer.state.step, run.trainer.configuration.steps)
    switch end {
    case .finished:
      if report.json { try StandardOutput.print(summary) }
      report.note(
        wasComplete
          ? "\(run.directory.path) is finished (\(step) of \(total.counting("step")))." : outcome)
      if let bestNote { report.note(bestNote) }
      if wasComplete, let longerCommand { report.note("To train on: \(longerCommand)") }
      let best = earlierBest == nil ? run.directory.path : run.directory.best
      report.note(Self.nextCommand(with: best, run.trainer.model.configuration))
    case .stopped:
      report.note(
        step > 0
          ? "Stopped after step \(step) of \(total); the same command with --resume auto goes on."
          : "Stopped before the first step ended; the same command with --resume auto begins anew."
      )
      throw ExitCode(ExitStatus.stopped.rawValue)
    }
  }

  /// Trains to the end, or to a request to stop.
  mutating func train() throws -> TrainingEnd {
    let first = run.trainer.state.step
    let wasComplete = run.trainer.isComplete
    if first > 0, !wasComplete { report.note("Continuing after step \(first).") }
    WriteDeadline.prepare(for: run.directory.path, after: limits.writing)
    defer { WriteDeadline.lift() }
    let end = try run.train { model in
      try pretraining.sample(model, seed: run.trainer.configuration.seed, threads: threads)
        .map { "\($0)" }
    } observer: { event in
      WriteDeadline.lift()
      // On a busy machine the thread that listens may not have run yet.
      if StopRequest.isMade { clock.answer(report.interject) }
      if case .diskFull(let error, let failures) = event {
        log.clear()
        return limits.waitForSpace(error, after: failures, note: report.note)
      }
      try handle(event)
      if case .microbatch(let done, let count, _) = event {
        return proceeds(after: done, of: count)
      }
      return !limits.areReached
    }
    clock.end()
    log.clear()
    return end
  }

  /// Whether to go on with an update of which `done` of `count` microbatches are done.
  ///
  /// One update is made whatever the time, so that every call of a long series gets further.
  private func proceeds(after done: Int, of count: Int) -> Bool {
    guard done < count, StopRequest.isMade || hasMadeStep && limits.isTimeOver else { return true }
    return done > 0 && !clock.givesUpStep
  }

  private mutating func handle(_ event: TrainingEvent) throws {
    switch event {
    case .microbatch(let done, let count, let step):
      let seconds = clock.reach(done, of: count, step: step)
      if let seconds { warn(ofMicrobatch: seconds) }
      log.show(microbatch: done, of: count, step: step)
    case .validating(let step):
      clock.validate(after: step)
      log.show(validationAfter: step)
    case .sampling(let step): clock.complete(step)
    case .step(let step, let validation):
      hasMadeStep = true
      clock.complete(step.step)
      log.show(step, validation ?? run.lastValidation, isValidated: validation != nil)
      appendToTensorBoard(step, validation)
    case .writing:
      WriteDeadline.set()
    case .diskFull: break
    case .saved(let checkpoint): clock.save(checkpoint.step)
    case .sample(let sample, _): log.show(sample: sample)
    }
  }

  /// Appends to TensorBoard's log, which training does not depend on.
  private mutating func appendToTensorBoard(_ step: StepReport, _ validation: ValidationLoss?) {
    guard let directory = tensorBoardDirectory else { return }
    do {
      let file = try tensorBoard ?? TensorBoardLog(in: directory, after: step.step - 1)
      tensorBoard = file
      try file.append(step, validation: validation)
    } catch {
      log.clear()
      report.note("\(error) Training goes on without TensorBoard's log.")
      tensorBoardDirectory = nil
    }
  }

  /// Says once that a microbatch is too long for training to be stopped in time.
  private mutating func warn(ofMicrobatch seconds: Double) {
    guard !hasWarned, seconds > Self.longestMicrobatch else { return }
    hasWarned = true
    log.clear()
    report.note(
      """
      A microbatch takes \(Quantity.seconds(seconds)), and training stops only between two, which \
      may be too late for the sender of a signal; begin a run with a smaller --microbatch.
      """)
  }

  /// What came of training, in a sentence.
  var outcome: String {
    let state = run.trainer.state
    let bits = run.lastValidation?.bitsPerByte.map { ", \(Quantity.fixed($0, 3)) bits/byte" } ?? ""
    let validation = run.lastValidation.map {
      "; validation loss \(Quantity.fixed($0.loss, 3))\(bits)"
    }
    let parts = run.lastValidation?.parts ?? []
    return "Done: \(run.directory.path) holds the model after \(state.step.counting("step")) in "
      + "\(Quantity.seconds(state.seconds))\(validation ?? "")"
      + (parts.isEmpty ? "." : ": \(TrainingLog.text(of: parts)).")
  }

  /// The lowest validation loss, if it was not the last.
  private var earlierBest: BestValidation? {
    run.trainer.state.best.flatMap { $0.step < run.trainer.state.step ? $0 : nil }
  }

  /// The best checkpoint, if it is another than the last; a reason for an early end.
  var bestNote: String? {
    let trainer = run.trainer
    guard let best = earlierBest else { return nil }
    let end =
      trainer.hasLostPatience
      ? "Training ended after \(best.validationsSince.counting("validation")) without a lower "
        + "loss. " : ""
    return end + "The best validation loss, \(Quantity.fixed(best.loss, 3)), was after step "
      + "\(best.step): \(run.directory.best) holds that model."
  }

  /// The command that makes a finished run twice as long, or begins another one with its weights.
  private var longerCommand: String? {
    let plan = run.trainer.configuration
    guard plan.schedule.lastStepBeforeDecay == nil else {
      return "crate-lm pretrain -o \(run.directory.path.string.shellWord) --resume auto "
        + "--steps \(2 * plan.steps)"
    }
    return run.directory.offspringCommand()
  }

  /// The command that uses the model at `path`.
  static func nextCommand(with path: FilePath, _ model: ModelConfiguration) -> String {
    let path = path.string.shellWord
    return model.objective.attention == .causal
      ? "Next: crate-lm generate \(path) --prompt 'It was'"
      : "Next: crate-lm fill-mask \(path) 'A text with one [MASK] or more.'"
  }

  /// The numbers of the finished run.
  var summary: JSONFields {
    let trainer = run.trainer
    let state = trainer.state
    let fields: JSONFields = [
      "steps": state.step, "tokens": state.tokens, "loss": run.lastStep?.loss,
      "validation_loss": run.lastValidation?.loss,
      "validation_bits_per_byte": run.lastValidation?.bitsPerByte,
      "best_step": state.best?.step, "best_validation_loss": state.best?.loss,
      "tokens_per_second": state.seconds > 0 ? Double(state.tokens) / state.seconds : nil,
      "parameters": trainer.model.parameterCount, "seconds": state.seconds,
      "seed": trainer.configuration.seed, "run": run.directory.path.string,
      "started": start.description, "ended": TimeStamp.now.description,
    ]
    guard let parts = run.lastValidation?.parts, !parts.isEmpty else { return fields }
    return fields + [
      "validation": parts.map {
        ["data": $0.data, "loss": $0.loss, "bits_per_byte": $0.bitsPerByte] as JSONFields
      }
    ]
  }
}
