import ArgumentParser
import CRATELM

/// The options of training that most runs are begun with.
struct UsualTrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The data directory, made by 'data pack'. Several are a mixture: without weights as if they \
      were one text, or sequences are drawn from each in proportion to its weight. (default with \
      --resume: the run's own)
      """, valueName: "dir[:weight]"))
  var data: [DataChoice] = []

  @Option(name: [.short, .long], help: "The run directory to make or continue.")
  var output: String

  @Option(
    help: ArgumentHelp(
      """
      Begin a new run with the weights of this model: a run, one of its checkpoints, an imported or \
      an exported directory, of the data's tokenizer. The shape is the model's; the context may be \
      shorter, the objective another, with a new head. Moments come along only with --resume. \
      (default: drawn weights)
      """, valueName: "model"))
  var from: String?

  @Option(
    help: """
      What the model learns: causal, to predict the next token; masked, to find hidden ones. \
      (default: causal, or that of --from)
      """)
  var objective: Objective?

  @OptionGroup var preset: PresetOption
  @OptionGroup var length: TrainingLength

  @Option(
    help: """
      Stop with a checkpoint after this time, such as 90s, 30m, 1h30m or 24:00:00. (default: \
      never; under Slurm shortly before the job's end)
      """)
  var maxTime: WallTime?

  @Option(
    help: ArgumentHelp(
      """
      Continue a run: auto from its newest sound checkpoint, or anew if it has none; or from the \
      checkpoint at a path.
      """, valueName: "auto|path"))
  var resume: ResumePoint.Choice?

  @Flag(
    help: """
      With --resume: let the learning rate fall from now on, over --decay, and end then. --steps, \
      --tokens or --epochs give a run another length instead, if its schedule is wsd or constant.
      """)
  var decayNow = false

  @Flag(
    help: """
      Replace the run at the output, if it was trained here; with --resume PATH, the checkpoints \
      after that one.
      """)
  var overwrite = false

  @Flag(help: "Print the run's parameters, memory, disk space and time, and stop.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      """
      A JSON file of these options, such as {"depth": 4}, or the config.json of a run, which is \
      repeated; the command line wins.
      """, valueName: "file"))
  var config: String?

  func validate() throws {
    if case .newest = resume, overwrite {
      throw ValidationError("--resume auto and --overwrite exclude each other.")
    }
    if decayNow, resume == nil || length.isGiven {
      throw ValidationError(
        resume == nil
          ? "--decay-now is for a run that goes on; give --resume auto too."
          : "--decay-now gives the run its length; leave --steps, --tokens and --epochs out.")
    }
  }
}
