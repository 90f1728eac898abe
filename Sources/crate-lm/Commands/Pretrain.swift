import ArgumentParser
import CRATELM
import Files
import SystemPackage
import Tokenizer

/// A model from packed data.
struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on packed data.",
    discussion: """
      A run is a directory with its configuration, the tokenizer, the latest weights, metrics.jsonl \
      and checkpoints. SIGINT, SIGTERM, SIGUSR1 and --max-time end it after the current step with a \
      checkpoint and exit status 75; the same command with --resume auto goes on.
      """)

  @Option(help: "The data directory, made by 'data pack'.")
  var data: String

  @Option(name: [.short, .long], help: "The run directory to make or to continue.")
  var output: String

  @Option(help: "What the model learns: causal, to predict the next token.")
  var objective = Objective.causal

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions

  @Option(help: "Stop with a checkpoint after this time, such as 90s, 30m or 2h.")
  var maxTime: WallTime?

  @Option(
    help: "Continue: 'auto' for the newest sound checkpoint if there is one, or a checkpoint.")
  var resume: String?

  @Flag(help: "Replace the run at the output.")
  var overwrite = false

  @Flag(help: "Print what would be trained, its memory and time, and stop.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "A JSON object of these options, such as {\"depth\": 4}; the command line wins.",
      valueName: "file"))
  var config: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if resume != nil, overwrite {
      throw ValidationError("--resume and --overwrite exclude each other.")
    }
  }

  func run() throws {
    let tokens = try TokenData(directory: FilePath(data))
    let directory = RunDirectory(FilePath(output))
    let start = try startingPoint(in: directory)
    let configuration = try resolveConfiguration(tokens, continuing: start?.configuration)
    if dryRun {
      return try DryRun(configuration, threads: threads.count).print(asJSON: report.json)
    }

    report.note(describe(configuration, data: tokens))
    let network = try LanguageModel(configuration.model, seed: configuration.training.seed)
    let trainer = try Trainer(
      model: network, data: tokens, configuration: configuration.training,
      threads: threads.count)
    if start == nil {
      try directory.create(overwriting: overwrite)
      try FileContents.write(FileContents.read(tokens.tokenizerPath), to: directory.tokenizer)
      try configuration.write(to: directory)
    }
    let run = try TrainingRun(trainer, in: directory, from: start?.checkpoint)
    var session = try PretrainSession(
      run: run, directory: directory, timeLimit: maxTime?.duration, threads: threads.count,
      report: report)
    try session.train()
  }

  /// Where to continue; `nil` for a new run.
  private func startingPoint(in directory: RunDirectory) throws -> StartingPoint? {
    guard let resume else { return nil }
    let store = CheckpointStore(directory)
    if resume == "auto", try store.all().isEmpty {
      // A run that stopped before its first checkpoint is begun again.
      if FileSystem.kind(of: directory.configuration) == .file {
        try directory.create(overwriting: true)
      }
      return nil
    }
    let configuration = try RunConfiguration.read(from: directory)
    guard resume != "auto" else {
      let (checkpoint, rejected) = try store.newestVerified()
      for error in rejected { report.note("Passed over: \(error)") }
      return StartingPoint(configuration: configuration, checkpoint: checkpoint)
    }
    guard let checkpoint = try store.all().first(where: { $0.path == FilePath(resume) }) else {
      throw FileError.missing(FilePath(resume))
    }
    return StartingPoint(configuration: configuration, checkpoint: checkpoint)
  }

  private struct StartingPoint {
    let configuration: RunConfiguration
    let checkpoint: Checkpoint
  }

  /// The options together with what a run to be continued has stored, which they must not change.
  private func resolveConfiguration(
    _ tokens: TokenData, continuing stored: RunConfiguration?
  ) throws -> RunConfiguration {
    if let stored, stored.tokenizer != tokens.manifest.tokenizer {
      throw DataError.foreignTokenizer(
        tokens.directory, expected: stored.tokenizer, found: tokens.manifest.tokenizer)
    }
    let shape = try model.configuration(
      objective: objective, vocabularySize: tokens.manifest.vocabularySize, stored: stored?.model)
    let plan = try training.configuration(
      contextLength: shape.contextLength, trainingTokens: tokens.train.tokenCount,
      stored: stored?.training)
    if let stored, stored.model != shape || stored.training != plan {
      throw ConfigurationError(
        """
        The options differ from those of the run at \(output), which --resume continues; leave \
        them out, or start another run with -o.
        """)
    }
    if let stored, stored.conditions.threads != threads.count {
      report.note(
        "The run began with \(stored.conditions.threads) threads and goes on with \(threads.count)."
      )
    }
    return stored
      ?? RunConfiguration(
        model: shape, training: plan, tokenizer: tokens.manifest.tokenizer, data: data,
        conditions: .current(program: Program.version, threads: threads.count))
  }

  private func describe(_ configuration: RunConfiguration, data: TokenData) -> String {
    let (shape, plan) = (configuration.model, configuration.training)
    return """
      \(shape.architecture.rawValue), \(shape.objective.rawValue): depth \(shape.depth), width \
      \(shape.width), \(shape.headCount) heads, context \(shape.contextLength), vocabulary \
      \(shape.vocabularySize)
      \(data.train.tokenCount) tokens to learn from, \(data.validation.tokenCount) held out; \
      \(plan.steps) steps of \(plan.batch * shape.contextLength) tokens
      seed \(plan.seed), \(threads.count) threads, \(configuration.conditions.blasKernel) kernels
      """
  }
}
