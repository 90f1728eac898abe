import ArgumentParser
import CRATELM
import Storage
import SystemPackage
import TextModels

/// The commands of `train`, one after the other, until the model is finished or a signal stops it.
struct TrainSession {
  let directory: TrainingDirectory
  private(set) var training: TextTraining
  let threads: ThreadOptions
  let report: ReportOptions

  /// What came of a finished run.
  ///
  /// The run itself, which holds its lock, is given up: it may become longer.
  private struct Ending {
    let summary: JSONFields
    let outcome: String
    let bestNote: String?

    init(_ session: PretrainSession) {
      (summary, outcome) = (session.summary, session.outcome)
      bestNote = session.bestNote
    }
  }

  init(
    directory: TrainingDirectory, training: TextTraining, threads: ThreadOptions,
    report: ReportOptions
  ) {
    (self.directory, self.training) = (directory, training)
    (self.threads, self.report) = (threads, report)
  }

  /// Does what is left to be done, and reports.
  ///
  /// - Throws: the errors of the commands; `ExitCode` with the status of a stopped run.
  mutating func run() throws {
    try save()
    report.note("seed \(training.seed)")
    var last: Ending?
    var progress = try directory.progress()
    while let action = training.action(after: progress) {
      if case .begin = action { try chooseSizes() }
      if case .extend = action { try noteOtherSizes() }
      if let ending = try perform(action, after: progress) { last = ending }
      progress = try directory.progress()
    }
    if report.json {
      let finish = TrainCommand(.finish, in: directory, training, threads: threads, report: report)
      let ending = try last ?? perform(finish)
      try StandardOutput.print(
        (ending?.summary ?? [:]) + [
          "directory": directory.path.string, "model": directory.model().string,
          "commands": training.commands,
        ])
    }
    try conclude(last, progress.run)
  }

  /// Runs the command of `action`, and records it and its time.
  ///
  /// - Returns: the end of a run that the command finished.
  private mutating func perform(
    _ action: TextTraining.Action, after progress: TextTraining.Progress
  ) throws -> Ending? {
    let command = TrainCommand(action, in: directory, training, threads: threads, report: report)
    report.note("$ \(command)")
    training.commands.append(command.description)
    try save()
    let start = ContinuousClock.now
    var ended: Ending?
    do {
      ended = try perform(command)
    } catch {
      try? account(for: start, action, after: progress)
      throw error
    }
    try account(for: start, action, after: progress)
    return ended
  }

  /// Adds the seconds since `start` which were not those of updates.
  private mutating func account(
    for start: ContinuousClock.Instant, _ action: TextTraining.Action,
    after progress: TextTraining.Progress
  ) throws {
    let all = (ContinuousClock.now - start) / .seconds(1)
    let trained = try directory.progress().run?.seconds ?? 0
    let before = progress.run.map { action.secondsKept(of: $0) } ?? 0
    let rest = max(0, all - max(0, trained - before))
    switch action {
    case .learnVocabulary, .pack: training.preparationSeconds += rest
    case .begin, .goOn, .decay, .finish, .extend: training.overheadSeconds += rest
    }
    try save()
  }

  private func perform(_ command: TrainCommand) throws -> Ending? {
    let words = command.options
    switch command.action {
    case .learnVocabulary:
      _ = try TokenizerTrain.parse(words).make(ReadingLog(nil))
    case .pack:
      guard try DataPack.parse(words).pack(ReadingLog(nil)) != nil else {
        StopRequest.obey()
        return nil
      }
      // Between two commands a signal ends the process at once; nothing is half done.
      StopRequest.stopListening()
    case .begin(let seconds), .goOn(let seconds), .extend(_, let seconds):
      return try pretrain(words, for: .seconds(seconds))
    case .decay, .finish:
      return try pretrain(words, for: nil)
    }
    return nil
  }

  /// Trains for a time, or to the end.
  ///
  /// - Returns: `nil` if the time has ended.
  /// - Throws: `ExitCode` if anything else stops training: a signal, or the end of a Slurm job.
  private func pretrain(_ words: [String], for time: Duration?) throws -> Ending? {
    let start = ContinuousClock.now
    guard var session = try Pretrain.parse(words).session() else { return nil }
    let end = try session.train()
    StopRequest.stopListening()
    let isStopped = StopRequest.isMade
    let isTimeOver = time.map { ContinuousClock.now - start >= $0 } ?? false
    if !isStopped, end == .finished { return Ending(session) }
    if !isStopped, isTimeOver { return nil }
    report.note(
      "Stopped after step \(session.run.trainer.state.step); the same line goes on.")
    throw ExitCode(ExitStatus.stopped.rawValue)
  }

  /// Chooses the sizes of the run by the packed data and the time that is left.
  private mutating func chooseSizes() throws {
    training.runSizes = try training.sizes(for: TokenData(directory: directory.data))
  }

  /// Says which sizes a larger time would have got from the start.
  private func noteOtherSizes() throws {
    let others = training.differences(
      to: try training.sizes(for: TokenData(directory: directory.data)))
    guard !others.isEmpty else { return }
    let time = WallTime(duration: .seconds(training.seconds))
    report.note(
      "\(directory.path) keeps its sizes. A model begun for \(time) would have about "
        + "\(others.joined(separator: ", ")): begin one with another -o.")
  }

  private func save() throws {
    try FileContents.write(RecordFile.bytes(of: training), to: directory.record)
  }

  /// Says what came of it and what more time would bring.
  private func conclude(_ ending: Ending?, _ run: TextTraining.Progress.Run?) throws {
    guard let run else { return }
    report.note(ending?.outcome ?? "\(directory.path) is finished (\(run.step.counting("step"))).")
    let model = try directory.model()
    if ![directory.run.best, directory.run.path].contains(model) {
      report.note(
        "\(directory.path) stays the model of \(model), the end of an earlier plan, whose "
          + "validation loss is lower.")
    } else if let note = ending?.bestNote {
      report.note(note)
    }
    let seconds = Int(training.secondsToGoOn(after: run).rounded(.up))
    report.note(
      training.isExhausted(by: run)
        ? "More time would only teach it the text by heart; more text would help."
        : "A longer --time can make it better, from \(WallTime(duration: .seconds(seconds))) on.")
    if let model = try? RunRecord.read(from: directory.run).model {
      report.note(PretrainSession.nextCommand(with: directory.path, model))
    }
  }
}

extension TextTraining.Action {
  /// The seconds of training of `run` that the action keeps.
  fileprivate func secondsKept(of run: TextTraining.Progress.Run) -> Double {
    guard case .extend = self, run.step > 0 else { return run.seconds }
    return run.seconds * Double(min(run.lastStepBeforeDecay, run.step)) / Double(run.step)
  }
}

extension TrainingDirectory {
  /// What exists in the directory.
  ///
  /// - Throws: the errors of a run whose checkpoints are damaged.
  func progress() throws -> TextTraining.Progress {
    let hasData = FileSystem.kind(of: data) == .directory
    var progress = TextTraining.Progress(
      hasTokenizer: hasData || hasTokenizer, hasData: hasData)
    guard hasData, let point = try run.resumePoint() else { return progress }
    let plan = point.training.configuration
    progress.run = TextTraining.Progress.Run(
      step: point.checkpoint?.step ?? 0, seconds: try point.checkpoint?.state().seconds ?? 0,
      steps: plan.steps, lastStepBeforeDecay: plan.schedule.lastStepBeforeDecay ?? 0)
    return progress
  }

  /// Whether the tokenizer is there with its checksum, which follows it.
  private var hasTokenizer: Bool {
    ["tokenizer.json", "SHA256SUMS"].allSatisfy {
      FileSystem.kind(of: tokenizer.appending($0)) == .file
    }
  }
}
