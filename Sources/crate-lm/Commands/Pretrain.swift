import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// A model from packed data.
struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on packed data.",
    discussion: """
      A run is a directory with its configuration, the tokenizer, the latest weights, checkpoints \
      and metrics.jsonl, a line for every step. Losses are in nats per token; bits per byte \
      compare models with different vocabularies.

      SIGINT (Ctrl-C), SIGTERM, SIGUSR1, --max-time and the end of a Slurm job end training with a \
      checkpoint and exit status 75: after the current step if it ends within 10 seconds, else at \
      the next microbatch with what the last step left. The same command with --resume auto goes \
      on. A second signal ends it at once; published checkpoints stay.

        crate-lm pretrain --data data -o run --preset tiny --epochs 10
        crate-lm pretrain --data data -o run --resume auto
        crate-lm pretrain --data data -o run --resume auto --steps 8000
        crate-lm pretrain --data data -o again --config run/config.json --seed 2
        crate-lm pretrain --data more -o tuned --from run --steps 500

      Several --data are a mixture of texts packed with one tokenizer, in the shares of their \
      weights. Every text is shuffled and validated by itself; the total validation loss is their \
      mean by share. --epochs counts readings of all texts together: with weights some are read \
      more often, as is printed.

        crate-lm pretrain --data stories:3 --data book:1 -o run --preset tiny

      A small model learns most of a text in 10 to 20 readings, a masked one in 40 (--epochs); the \
      validation loss tells when it only learns by heart.
      """)

  @OptionGroup(title: "Usual options") var usual: UsualTrainingOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Optimisation") var optimization: OptimizerOptions
  @OptionGroup(title: "Masked training") var masking: MaskingOptions

  @Option(
    help: """
      If the disk is full: stop, with exit status 74 and the checkpoints so far, or wait for room.
      """)
  var onDiskFull = DiskFullAction.stop

  @Option(
    help: "End with exit status 74 if writing a line or a checkpoint takes longer than this.")
  var saveTimeout = WallTime.halfAnHour

  @Option(
    help: ArgumentHelp(
      """
      The interval of lines of progress, each with its time: steps, a time such as 30s, or never. \
      (default: a minute, or never on a terminal, which shows one line)
      """, valueName: "steps|time|never"))
  var logEvery: Interval?

  @Option(help: "Also write the curves of metrics.jsonl for TensorBoard into this directory.")
  var tensorboard: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  var output: String { usual.output }
  var resume: ResumePoint.Choice? { usual.resume }
  var overwrite: Bool { usual.overwrite }

  /// The run's directory, whether or not it exists.
  var directory: RunDirectory { RunDirectory(RawBytes.path(output)) }

  func run() throws {
    guard var session = try session() else { return }
    try session.finish()
  }

  /// The run with its notes, ready to be trained; `nil` after a dry run.
  func session() throws -> PretrainSession? {
    let given = try Mixture(usual.data)
    // Locked before anything there is read or replaced: another process may be training.
    let lock = try usual.dryRun ? nil : directory.lock()
    var point = try resumePoint()
    let mixture = try given ?? recordedData(of: point)
    let weights = try initialWeights(continuing: point)
    let (shape, plan) = try resolveConfiguration(mixture, continuing: point, with: weights)
    let begun = point
    point = try point.map { try replanned($0, plan) }
    let pretraining = try Pretraining(shape, on: mixture)
    if let weights { noteEnds(of: weights, shape, pretraining) }
    let reading = try Reading(shape, plan, of: mixture, vocabulary: pretraining.vocabulary)
    guard point != nil || plan.patience == nil || reading.canBeValidated else {
      throw ValidationError(
        "--patience counts validations, and too little text is held out for any; hold out more "
          + "with 'data pack --validation 0.2', or leave --patience out.")
    }
    if usual.dryRun {
      try printDryRun(shape, plan, reading, tokenizer: mixture.tokenizerPath)
      return nil
    }
    let clock = StepClock(savedStep: point?.checkpoint?.step ?? 0)
    StopRequest.listen { [report] in clock.answer(report.interject) }

    let run: Run
    if let point {
      run = try Run.resume(
        from: point, with: weights, on: mixture, vocabulary: pretraining.vocabulary,
        conditions: conditions, holding: lock)
    } else {
      let replaceable: RunDirectory.Replaceable =
        overwrite ? .run : resume == nil ? .nothing : .runWithoutWeights
      try directory.requireReplaceable(replaceable)
      run = try Run.create(
        directory, model: shape, training: plan, with: weights, on: mixture,
        vocabulary: pretraining.vocabulary, conditions: conditions, replacing: replaceable,
        holding: lock)
    }
    if !run.trainer.isComplete {
      report.note(describe(shape, plan, reading, weights))
    }
    note(run.trainer, reading, isMixed: mixture.isMixed, continuing: begun)
    let deadline = deadline()
    return PretrainSession(
      run: run,
      limits: TrainingLimits(
        deadline: deadline, writing: saveTimeout.duration, onDiskFull: onDiskFull),
      threads: threads.count, report: report, pretraining: pretraining, clock: clock,
      log: TrainingLog(steps: plan.steps, until: deadline, quiet: report.quiet, lines: logEvery),
      tensorBoardDirectory: tensorboard.map(RawBytes.path))
  }

  /// Says what is remarkable about the texts, and under which other conditions than before a run
  /// goes on.
  private func note(
    _ trainer: Trainer, _ reading: Reading, isMixed: Bool, continuing point: ResumePoint?
  ) {
    // Of the same plan they were said when the run began.
    if point?.training.configuration.steps != trainer.configuration.steps {
      reading.warnings.forEach(report.note)
    }
    let differences = point?.differences(under: conditions) ?? []
    if !differences.isEmpty {
      report.note(
        "The run goes on under other conditions: \(differences.joined(separator: "; ")).")
    }
    for data in trainer.textsWithoutValidation {
      report.note(
        remark(onMissingValidationOf: data, trainer.model.configuration, isMixed: isMixed))
    }
  }

  /// The end of the time for training: after `--max-time`, or before a Slurm job ends, with a note.
  private func deadline() -> ContinuousClock.Instant? {
    let now = ContinuousClock.now
    let maxTime = usual.maxTime
    guard let job = SlurmJob(), maxTime.map({ $0.duration > job.left - job.margin }) ?? true else {
      return maxTime.map { now + $0.duration }
    }
    report.note(
      """
      Slurm ends this job in \(Quantity.seconds(job.left / .seconds(1))); training stops \
      \(Quantity.seconds(job.margin / .seconds(1))) before.
      """)
    return now + job.left - job.margin
  }

  /// The conditions that the bits of this process's work depend on.
  var conditions: Conditions {
    .current(program: Program.version, threads: threads.count)
  }

  /// Why a text is not validated, and what to do about it.
  private func remark(
    onMissingValidationOf data: TokenData, _ shape: ModelConfiguration, isMixed: Bool
  ) -> String {
    let count = data.validation.tokenCount
    let name = isMixed ? " of \(data.directory)" : ""
    let reason =
      count == 0
      ? "no text is held out"
      : "what is held out has \(count.counting("token")), fewer than one context of "
        + "\(shape.contextLength)"
    return """
      No validation\(name): \(reason). Nothing will tell when the model learns the text by heart: \
      hold out more with 'data pack --validation 0.2', add text, or shorten the --context.
      """
  }

  private func describe(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, _ reading: Reading,
    _ weights: InitialWeights?
  ) -> String {
    var lines = [shape.summary]
    if let weights { lines.append(describe(weights, shape)) }
    lines += [reading.sizes, reading.work]
    if let time = usual.maxTime { lines.append("this call trains for \(time) at most") }
    lines.append(
      "seed \(plan.seed), \(threads.count.counting("thread")), \(conditions.blasKernel) kernels")
    return lines.joined(separator: "\n")
  }
}
