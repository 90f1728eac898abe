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
    if case .newest = resume, overwrite {
      throw ValidationError("--resume auto and --overwrite exclude each other.")
    }
  }

  func run() throws {
    StopRequest.listen()
    let tokens = try TokenData(directory: FilePath(data))
    let directory = RunDirectory(FilePath(output))
    let start = try startingPoint(in: directory)
    let configuration = try resolveConfiguration(tokens, continuing: start?.configuration)
    let masks = try Masks(configuration.model, tokens)
    if dryRun {
      return try DryRun(configuration, threads: threads.count).print(asJSON: report.json)
    }

    report.note(describe(configuration, data: tokens))
    let network = try LanguageModel(configuration.model, seed: configuration.training.seed)
    let trainer = try Trainer(
      model: network, data: tokens, vocabulary: masks?.vocabulary,
      configuration: configuration.training, threads: threads.count)
    if !trainer.hasValidation {
      report.note(
        "No validation: \(tokens.validation.tokenCount) tokens are held out, fewer than one context."
      )
    }
    // Before anything is replaced: another process may be training there.
    try FileSystem.createDirectory(directory.path)
    let lock = try DirectoryLock(directory.path)
    defer { withExtendedLifetime(lock) {} }
    if start == nil {
      try directory.create(
        configuration, tokenizer: FileContents.read(tokens.tokenizerPath),
        replacing: overwrite ? .run : resume == nil ? .nothing : .runWithoutWeights)
    }
    let run = try TrainingRun(trainer, in: directory, from: start?.checkpoint)
    var session = try PretrainSession(
      run: run, directory: directory, sample: masks?.sample, timeLimit: maxTime?.duration,
      threads: threads.count, report: report)
    try session.train()
  }

  /// Where to continue; `nil` for a new run.
  private func startingPoint(in directory: RunDirectory) throws -> StartingPoint? {
    guard let resume else { return nil }
    let all = try CheckpointStore(directory).all()
    guard case .checkpoint(let path) = resume else {
      if all.isEmpty { return nil }
      let configuration = try RunConfiguration.read(from: directory)
      let (checkpoint, rejected) = try CheckpointStore(directory).newestVerified()
      for error in rejected { report.note("Passed over: \(error)") }
      return StartingPoint(configuration: configuration, checkpoint: checkpoint)
    }
    let configuration = try RunConfiguration.read(from: directory)
    let canonical = try FileSystem.canonical(path)
    guard let checkpoint = try all.first(where: { try FileSystem.canonical($0.path) == canonical })
    else {
      throw ConfigurationError(
        "\(path) is no checkpoint of \(output); expected one of its directories checkpoints/step-…."
      )
    }
    if let newest = all.first, newest.step > checkpoint.step, !overwrite {
      throw FileError.notEmpty(
        newest.path,
        remedy: "going on from step \(checkpoint.step) replaces what came after it; "
          + "give --overwrite to do so")
    }
    return StartingPoint(configuration: configuration, checkpoint: checkpoint)
  }

  /// What masked training takes of the tokenizer.
  private struct Masks {
    let vocabulary: MaskingVocabulary
    let sample: MaskedSample?

    /// `nil` for a causal model.
    init?(_ model: ModelConfiguration, _ data: TokenData) throws {
      switch model.objective {
      case .causal: return nil
      case .masked:
        let tokenizer = try TokenizerFile.load(data.tokenizerPath)
        vocabulary = try MaskingVocabulary(tokenizer)
        sample = try MaskedSample(
          data, tokenizer, vocabulary, contextLength: model.contextLength)
      }
    }
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
    let objective = objective ?? stored?.model.objective ?? .causal
    let shape = try model.configuration(
      objective: objective, vocabularySize: tokens.manifest.vocabularySize, stored: stored?.model)
    let plan = try training.configuration(
      for: shape, trainingTokens: tokens.train.tokenCount,
      masking: masking.configuration(for: objective, stored: stored?.training.masking),
      stored: stored?.training)
    if let stored, stored.dataFingerprint != tokens.fingerprint {
      throw ConfigurationError(
        "The data at \(data) are not those that the run at \(output) began with; "
          + "give those, or start another run with -o.")
    }
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
        dataFingerprint: tokens.fingerprint,
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
