import ArgumentParser
import CRATELM
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
        crate-lm pretrain --data data -o again --config run/config.json --seed 2

      A small model learns most of a text in 10 to 20 readings (--epochs); the validation loss \
      tells when it only learns by heart.
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

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  private var data: String { usual.data }
  var output: String { usual.output }
  var resume: ResumePoint.Choice? { usual.resume }
  var overwrite: Bool { usual.overwrite }

  /// The run's directory, whether or not it exists.
  var directory: RunDirectory { RunDirectory(FilePath(output)) }

  func run() throws {
    let tokens = try TokenData(directory: FilePath(data))
    // Locked before anything there is read or replaced: another process may be training.
    let lock = try usual.dryRun ? nil : directory.lock()
    let point = try resumePoint()
    let (shape, plan) = try resolveConfiguration(tokens, continuing: point)
    let pretraining = try Pretraining(shape, on: tokens)
    if usual.dryRun { return try printDryRun(shape, plan, data: tokens) }
    let clock = StepClock(savedStep: point?.checkpoint?.step ?? 0)
    StopRequest.listen { [report] in clock.answer(report.interject) }

    let run: Run
    if let point {
      run = try Run.resume(
        from: point, on: tokens, vocabulary: pretraining.vocabulary, conditions: conditions,
        holding: lock)
      if point.checkpoint?.step ?? 0 < plan.steps {
        report.note(describe(shape, plan, data: tokens))
      }
      let differences = point.differences(under: conditions)
      if !differences.isEmpty {
        report.note(
          "The run goes on under other conditions: \(differences.joined(separator: "; ")).")
      }
    } else {
      let replaceable: RunDirectory.Replaceable =
        overwrite ? .run : resume == nil ? .nothing : .runWithoutWeights
      try directory.requireReplaceable(replaceable)
      run = try Run.create(
        directory, model: shape, training: plan, on: tokens, vocabulary: pretraining.vocabulary,
        conditions: conditions, replacing: replaceable, holding: lock)
      report.note(describe(shape, plan, data: tokens))
    }
    if !run.trainer.hasValidation {
      report.note(
        "No validation: \(tokens.validation.tokenCount) tokens are held out, fewer than one context."
      )
    }
    var session = PretrainSession(
      run: run,
      limits: TrainingLimits(
        deadline: deadline, writing: saveTimeout.duration, onDiskFull: onDiskFull),
      threads: threads.count, report: report, pretraining: pretraining, clock: clock,
      log: TrainingLog(steps: plan.steps, quiet: report.quiet, lines: logEvery))
    try session.train()
  }

  /// The end of the time for training: after `--max-time`, or before a Slurm job ends, with a note.
  private var deadline: ContinuousClock.Instant? {
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

  private func describe(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, data: TokenData
  ) -> String {
    let reading = Reading(shape, plan, over: data.train.tokenCount)
    return """
      \(shape.summary)
      \(data.train.tokenCount) tokens to learn from, \(data.validation.tokenCount) held out
      \(reading.text)
      seed \(plan.seed), \(threads.count) threads, \(conditions.blasKernel) kernels
      """
  }
}

/// How much of the text training reads.
struct Reading {
  private let steps: Int
  private let stepTokens: Int
  /// The number of times that the text is read.
  let epochs: Double

  /// Beyond so many readings a text teaches next to nothing more: Muennighoff and others 2023,
  /// arXiv:2305.16264.
  private static let mostEpochs = 16.0

  init(_ model: ModelConfiguration, _ plan: TrainingConfiguration, over tokenCount: Int) {
    (steps, stepTokens) = (plan.steps, plan.batch * model.contextLength)
    epochs = plan.epochs(of: model, over: tokenCount)
  }

  /// All tokens of training.
  var tokens: Int { steps * stepTokens }

  /// The work, and a warning if the text will be learnt by heart.
  var text: String {
    let times = Quantity.fixed(epochs, epochs < 9.95 ? 1 : 0)
    let work =
      "\(steps) steps of \(stepTokens) tokens, \(Quantity.count(tokens)) in all: "
      + "\(times) times over the text"
    guard epochs > Self.mostEpochs else { return work }
    return work + "\n"
      + """
      Warning: a text read so often is learnt by heart; more than \(Int(Self.mostEpochs)) readings \
      teach little. Give more text, or --epochs \(Int(Self.mostEpochs)) at most.
      """
  }
}
