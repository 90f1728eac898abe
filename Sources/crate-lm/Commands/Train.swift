import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// Everything from a text to a model.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a model of a text in a given time: tokenizer, data and run in one directory.",
    discussion: """
      The sizes are chosen by the text and the time (docs/train.md) and recorded in \
      DIR/train.json. Every command that this one stands for is printed and can be given by itself. \
      DIR is a model for every command that takes one: the checkpoint with the lowest validation \
      loss.

        crate-lm train book.txt -o book
        crate-lm train book.txt -o book --time 1h
        crate-lm train texts more.jsonl.zst -o masked --objective masked --time 30m
        crate-lm generate book --prompt "It was"

      The same line goes on after an interruption, with exit status 75 as 'pretrain' has it. A \
      larger --time can make a finished model better; the inputs may then be left out.
      """)

  @Argument(help: "Text files or directories of them. (default for a DIR that exists: its own)")
  var inputs: [PathArgument] = []

  @Option(name: [.short, .long], help: "The directory to make or go on in.")
  var output: String

  @Option(
    help: """
      The time for all, such as 90s, 10m or 1h30m, at least \(Self.leastSeconds)s. (default: 10m, \
      or the last one given for DIR)
      """)
  var time: WallTime?

  @Option(
    help: """
      What the model learns: causal, to predict the next token; masked, to find hidden ones. \
      (default: causal)
      """)
  var objective: Objective?

  @OptionGroup var form: TextOptions

  @Option(help: "A number that decides everything that is drawn. (default: drawn, and printed)")
  var seed: Seed?

  @Flag(help: "Print the commands, with estimated sizes, and stop.")
  var dryRun = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  static let leastSeconds = 5
  private static let usualSeconds = 600.0

  var directory: TrainingDirectory { TrainingDirectory(RawBytes.path(output)) }

  func validate() throws {
    guard !words.contains("-") else {
      throw ValidationError(
        "Standard input can be read only once; save the text to a file and give that.")
    }
    if let seconds = time?.duration.components.seconds, seconds < Self.leastSeconds {
      throw ValidationError(
        "--time is \(seconds)s; expected at least \(Self.leastSeconds)s.")
    }
  }

  func run() throws {
    try directory.requireOwn()
    var lock = dryRun || !directory.exists ? nil : try directory.claim()
    var training = try directory.exists ? recorded() : planned()
    if dryRun {
      if !directory.exists, seed == nil { report.note("The seed is drawn anew without --dry-run.") }
      return try printPlan(&training)
    }
    if lock == nil {
      lock = try directory.claim()
      guard !directory.exists else { throw FileError.inUse(directory.path, process: nil) }
    }
    var session = TrainSession(
      directory: directory, training: training, threads: threads, report: report)
    try session.run()
    withExtendedLifetime(lock) {}
  }

  /// The inputs as they were typed.
  private var words: [String] { inputs.map(\.argument) }

  /// The text of the inputs, up to a number of bytes.
  private func measured(
    _ form: TextForm, upTo limit: Int, telling notes: NoteOptions?
  ) throws -> TextMeasure {
    let source = try ReadingLog(notes).source(inputs, form: form, limit: limit)
    var progress = InputProgress("Reading", byteCount: source.byteCount, quiet: report.quiet)
    defer { progress.clear() }
    return try source.measured { progress.update($0) }
  }

  /// What is to be done in a new directory.
  private func planned() throws -> TextTraining {
    guard !inputs.isEmpty else {
      throw ValidationError(
        "There is nothing to learn from: name a text file, or the -o of an earlier 'train'.")
    }
    let precision = Precision.fastest
    let rate =
      try GEMMBenchmark.operationsPerSecond(threads: threads.count) * precision.trainingSpeed
    let seconds = time?.seconds ?? Self.usualSeconds
    let limit = TextSizes.usefulByteCount(seconds: seconds, operationsPerSecond: rate)
    let form = try form.form()
    var text = try measured(form, upTo: limit + 1, telling: report.notes)
    guard text.bytes > 0 else { throw DataError.noText }
    guard text.bytes >= TextSizes.leastByteCount else {
      throw ConfigurationError(
        "The text has \(text.bytes.counting("byte")); a model needs at least "
          + "\(TextSizes.leastByteCount), and a hundred times as many to write anything new.")
    }
    let sizes = TextSizes(
      byteCount: text.bytes, limit: limit, seconds: seconds, operationsPerSecond: rate)
    if let bytes = sizes.readBytes {
      report.note(
        "Of the text the first \(Quantity.bytes(bytes)) are read, twice what training can use in "
          + "\(Quantity.seconds(seconds)).")
      text = try measured(form, upTo: bytes, telling: nil)
    }
    let drawn = seed ?? .drawn()
    return TextTraining(
      inputs: words, form: form, text: text, objective: objective ?? .causal,
      seed: drawn.value, seconds: seconds, precision: precision, operationsPerSecond: rate,
      textSizes: sizes)
  }

  /// `training` as this processor can go on with it.
  private func adapted(_ training: TextTraining) throws -> TextTraining {
    let available = Precision.allCases.filter(\.isAvailable)
    guard let adapted = training.adapted(to: available, after: try directory.progress()) else {
      let precision = training.precision?.rawValue ?? "other"
      throw ConfigurationError(
        "\(directory.path) is trained in \(precision) products, which this processor has not; go on "
          + "where it was begun, or choose another -o.")
    }
    return adapted
  }

  /// The record of the directory, which the options must not contradict.
  private func recorded() throws -> TextTraining {
    var training = try CheckpointError.owning {
      try RecordFile.read(TextTraining.self, from: directory.record)
    }
    func require(_ option: String, _ given: String?, _ own: String) throws {
      guard let given, given != own else { return }
      throw ConfigurationError(
        "\(directory.path) was begun with --\(option) \(own), not \(given); leave the option out, "
          + "or choose another -o.")
    }
    try require("objective", objective?.rawValue, training.objective.rawValue)
    try require("seed", seed.map { "\($0.value)" }, "\(training.seed)")
    let form = try form.form(over: training.form)
    guard form == training.form else {
      let own = TextOptions.words(for: training.form)
      throw ConfigurationError(
        "\(directory.path) was begun with \(own.isEmpty ? "none" : own.joined(separator: " ")) of the "
          + "options of texts, not with \(TextOptions.words(for: form).joined(separator: " ")); leave "
          + "them out, or choose another -o.")
    }
    if let time { training.seconds = time.seconds }
    training = try adapted(training)
    guard !inputs.isEmpty else { return training }
    // Beyond what training reads, a text need not be measured.
    let limit = training.textSizes.readBytes ?? training.text.bytes + 1
    let text = try measured(form, upTo: limit, telling: report.notes)
    guard text != training.text else { return training }
    guard words == training.inputs else {
      // The limit may cut a character.
      let size = (text.bytes < limit - 3 ? "" : "at least ") + text.bytes.counting("byte")
      throw ConfigurationError(
        "\(directory.path) was begun with \(training.inputs.joined(separator: " ")) "
          + "(\(training.text.bytes.counting("byte"))), not with another text in "
          + "\(words.joined(separator: " ")) (\(size)); leave the inputs out, or choose another "
          + "-o.")
    }
    let isPacked = FileSystem.kind(of: directory.data) != nil
    report.note(
      "The text has changed since \(directory.path) was begun"
        + (isPacked
          ? ": the model goes on with the text as it was packed; for the new one choose another -o."
          : ", and is read as it is now."))
    if !isPacked { training.text = text }
    return training
  }
}

extension WallTime {
  /// The time in seconds.
  fileprivate var seconds: Double { duration / .seconds(1) }
}
