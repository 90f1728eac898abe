import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import Tokenizer

/// A model from packed data.
struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on packed data.",
    discussion: """
      A run is a directory with its configuration, the tokenizer, the latest weights, metrics.jsonl \
      and checkpoints. SIGINT, SIGTERM, SIGUSR1 and --max-time end it after the current step with a \
      checkpoint and exit status 75; the same command with --resume auto goes on. A second signal \
      ends it at once, and what was published stays.
      """)

  @Option(help: "The data directory, made by 'data pack'.")
  var data: String

  @Option(name: [.short, .long], help: "The run directory to make or to continue.")
  var output: String

  @Option(
    help: """
      What the model learns: causal, to predict the next token, or masked, to fill hidden ones. \
      (default: causal)
      """)
  var objective: Objective?

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Masked training") var masking: MaskingOptions

  @Option(help: "Stop with a checkpoint after this time, such as 90s, 30m or 2h.")
  var maxTime: WallTime?

  @Option(
    help: "Continue: 'auto' for the newest sound checkpoint if there is one, or a checkpoint.")
  var resume: ResumeChoice?

  @Flag(help: "Replace the run at the output.")
  var overwrite = false

  @Option(
    help: """
      What to do where the disk has no room: stop, with exit status 74 and the checkpoints there \
      are, or wait for room.
      """)
  var onDiskFull = DiskFullAction.stop

  @Option(help: "End with exit status 74 where a line or checkpoint is not written in this time.")
  var saveTimeout = WallTime.halfAnHour

  @Flag(help: "Print what would be trained, its memory and time, and stop.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "A JSON object of these options, such as {\"depth\": 4}; the command line wins.",
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
    // Before anything there is read or replaced: another process may be training.
    let lock = try dryRun || FileSystem.kind(of: directory.path) == nil ? nil : directory.lock()
    let start = try startingPoint()
    var configuration = try resolveConfiguration(tokens, continuing: start?.configuration)
    let masks = try Masks(configuration.model, tokens)
    if dryRun {
      return try DryRun(configuration, threads: threads.count).print(asJSON: report.json)
    }

    report.note(describe(configuration, data: tokens))
    if let start { noteConditions(&configuration, after: start.checkpoint.step) }
    let trainer = try Trainer(
      model: LanguageModel(configuration.model, seed: configuration.training.seed), data: tokens,
      vocabulary: masks?.vocabulary, configuration: configuration.training,
      threads: threads.count)
    if !trainer.hasValidation {
      report.note(
        "No validation: \(tokens.validation.tokenCount) tokens are held out, fewer than one context."
      )
    }
    let run = try TrainingRun(
      trainer, in: directory, from: start?.checkpoint, later: overwrite ? .leave : .stay)
    var session = try PretrainSession(
      run: run, directory: directory, tokenizer: tokens.tokenizerPath, sample: masks?.sample,
      limits: TrainingLimits(
        time: maxTime?.duration, writing: saveTimeout.duration, onDiskFull: onDiskFull),
      threads: threads.count, report: report)
    var preparation = RunPreparation(
      configuration, from: start, tokenizer: tokens.tokenizerPath, in: directory,
      replacing: overwrite ? .run : resume == nil ? .nothing : .runWithoutWeights, lock: lock)
    try session.train { try preparation.prepare() }
    withExtendedLifetime(preparation) {}
  }

  /// Says and records under which other conditions a run goes on.
  private func noteConditions(_ configuration: inout RunConfiguration, after step: Int) {
    let now = conditions
    let differences = now.differences(from: configuration.lastConditions)
    guard !differences.isEmpty, step < configuration.training.steps else { return }
    report.note(
      "The run goes on under other conditions: \(differences.joined(separator: "; ")).")
    configuration.resumptions =
      (configuration.resumptions ?? []) + [
        RunConfiguration.Resumption(step: step, conditions: now)
      ]
  }

  /// What masked training takes of the tokenizer.
  private struct Masks {
    let vocabulary: MaskingVocabulary
    let sample: MaskedSample?

    /// `nil` for a model that learns nothing hidden.
    init?(_ model: ModelConfiguration, _ data: TokenData) throws {
      guard model.objective.examples == .hiddenTokens else { return nil }
      let tokenizer = try TokenizerFile.load(data.tokenizerPath)
      vocabulary = try MaskingVocabulary(tokenizer)
      sample = try MaskedSample(data, tokenizer, vocabulary, contextLength: model.contextLength)
    }
  }

  /// What the bits of this process's work depend on.
  var conditions: RunConfiguration.Conditions {
    .current(program: Program.version, threads: threads.count)
  }

  private func describe(_ configuration: RunConfiguration, data: TokenData) -> String {
    let (shape, plan) = (configuration.model, configuration.training)
    return """
      \(shape.architecture.rawValue), \(shape.objective.rawValue): depth \(shape.depth), width \
      \(shape.width), \(shape.headCount) heads, context \(shape.contextLength), vocabulary \
      \(shape.vocabularySize)
      \(data.train.tokenCount) tokens to learn from, \(data.validation.tokenCount) held out; \
      \(plan.steps) steps of \(plan.batch * shape.contextLength) tokens
      seed \(plan.seed), \(threads.count) threads, \(conditions.blasKernel) kernels
      """
  }
}
