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

      SIGINT (Ctrl-C), SIGTERM, SIGUSR1 and --max-time end training after the current step with a \
      checkpoint and exit status 75; the same command with --resume auto goes on. A second signal \
      ends it at once; published checkpoints stay.
      """)

  @Option(help: "The data directory, made by 'data pack'.")
  var data: String

  @Option(name: [.short, .long], help: "The run directory to make or continue.")
  var output: String

  @Option(
    help: """
      What the model learns: causal, to predict the next token; masked, to find hidden ones. \
      (default: causal)
      """)
  var objective: Objective?

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Masked training") var masking: MaskingOptions

  @Option(
    help: "Stop with a checkpoint after this time, such as 90s, 30m or 1h30m. (default: never)")
  var maxTime: WallTime?

  @Option(
    help: ArgumentHelp(
      """
      Continue a run: auto from its newest sound checkpoint, or anew if it has none; or from the \
      checkpoint at a path.
      """, valueName: "auto|path"))
  var resume: ResumePoint.Choice?

  @Flag(
    help: "Replace the run at the output; with --resume PATH, the checkpoints after that one.")
  var overwrite = false

  @Option(
    help: """
      If the disk is full: stop, with exit status 74 and the checkpoints so far, or wait for room.
      """)
  var onDiskFull = DiskFullAction.stop

  @Option(
    help: "End with exit status 74 if writing a line or a checkpoint takes longer than this.")
  var saveTimeout = WallTime.halfAnHour

  @Flag(help: "Print the run's parameters, memory, disk space and time, and stop.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "A JSON file of these options, such as {\"depth\": 4}; the command line wins.",
      valueName: "file"))
  var config: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  /// The run's directory, whether or not it exists.
  var directory: RunDirectory { RunDirectory(FilePath(output)) }

  func validate() throws {
    if case .newest = resume, overwrite {
      throw ValidationError("--resume auto and --overwrite exclude each other.")
    }
  }

  func run() throws {
    StopRequest.listen()
    let tokens = try TokenData(directory: FilePath(data))
    // Locked before anything there is read or replaced: another process may be training.
    let lock = try dryRun ? nil : directory.lock()
    let point = try resumePoint()
    let (shape, plan) = try resolveConfiguration(tokens, continuing: point)
    let pretraining = try Pretraining(shape, on: tokens)
    if dryRun { return try printDryRun(shape, plan) }

    report.note(describe(shape, plan, data: tokens))
    let run: Run
    if let point {
      let differences = point.differences(under: conditions)
      if !differences.isEmpty {
        report.note(
          "The run goes on under other conditions: \(differences.joined(separator: "; ")).")
      }
      run = try Run.resume(
        from: point, on: tokens, vocabulary: pretraining.vocabulary, conditions: conditions,
        holding: lock)
    } else {
      run = try Run.create(
        directory, model: shape, training: plan, on: tokens, vocabulary: pretraining.vocabulary,
        conditions: conditions,
        replacing: overwrite ? .run : resume == nil ? .nothing : .runWithoutWeights, holding: lock)
    }
    if !run.trainer.hasValidation {
      report.note(
        "No validation: \(tokens.validation.tokenCount) tokens are held out, fewer than one context."
      )
    }
    var session = PretrainSession(
      run: run,
      limits: TrainingLimits(
        deadline: maxTime.map { ContinuousClock.now + $0.duration },
        writing: saveTimeout.duration, onDiskFull: onDiskFull),
      threads: threads.count, report: report, pretraining: pretraining,
      progress: ProgressLine(quiet: report.quiet))
    try session.train()
  }

  /// The conditions that the bits of this process's work depend on.
  var conditions: Conditions {
    .current(program: Program.version, threads: threads.count)
  }

  private func describe(
    _ shape: ModelConfiguration, _ plan: TrainingConfiguration, data: TokenData
  ) -> String {
    """
    \(shape.summary)
    \(data.train.tokenCount) tokens to learn from, \(data.validation.tokenCount) held out; \
    \(plan.steps) steps of \(plan.batch * shape.contextLength) tokens
    seed \(plan.seed), \(threads.count) threads, \(conditions.blasKernel) kernels
    """
  }
}
