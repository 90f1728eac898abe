package import CRATELM

extension TextTraining {
  /// The time for updates, in seconds: what the rest leaves, but at least a fifth of all.
  package var trainingSeconds: Double {
    max(seconds - preparationSeconds - overheadSeconds, seconds / 5)
  }

  /// The seconds of training after which the learning rate is to fall.
  private var secondsBeforeDecay: Double {
    trainingSeconds * (1 - TrainingConfiguration.usualDecayShare)
  }

  /// What exists in the directory.
  package struct Progress: Hashable, Sendable {
    package var hasTokenizer = false
    package var hasData = false
    package var run: Run?

    /// The state of a run.
    package struct Run: Hashable, Sendable {
      /// The updates that are done, and the seconds they took.
      package var step: Int
      package var seconds: Double
      /// The planned updates.
      package var steps: Int
      /// The last planned update at the largest learning rate.
      package var lastStepBeforeDecay: Int

      package init(step: Int, seconds: Double, steps: Int, lastStepBeforeDecay: Int) {
        (self.step, self.seconds) = (step, seconds)
        (self.steps, self.lastStepBeforeDecay) = (steps, lastStepBeforeDecay)
      }
    }

    package init(hasTokenizer: Bool = false, hasData: Bool = false, run: Run? = nil) {
      (self.hasTokenizer, self.hasData, self.run) = (hasTokenizer, hasData, run)
    }
  }

  /// A command that brings training further.
  package enum Action: Hashable, Sendable {
    /// Learns the vocabulary.
    case learnVocabulary
    /// Packs the text.
    case pack
    /// Begins the run, for at most so many seconds.
    case begin(seconds: Int)
    /// Goes on for at most so many seconds.
    case goOn(seconds: Int)
    /// Lets the learning rate fall from now on, over so many updates.
    case decay(steps: Int)
    /// Goes on to the end of the run.
    case finish
    /// Makes the run longer, from before its learning rate fell, and goes on for at most so many
    /// seconds.
    case extend(steps: Int, seconds: Int)
  }

  /// The record as a processor that has `precisions` can go on with it: another precision before the
  /// run begins; `nil` if the run needs more training in one that the processor has not.
  package func adapted(to precisions: [Precision], after progress: Progress) -> TextTraining? {
    guard let precision, !precisions.contains(precision) else { return self }
    guard progress.run == nil else { return action(after: progress) == nil ? self : nil }
    var adapted = self
    adapted.operationsPerSecond /= precision.trainingSpeed
    adapted.precision = .fp32
    return adapted
  }

  /// The next command; `nil` at the end.
  package func action(after progress: Progress) -> Action? {
    guard progress.hasTokenizer else { return .learnVocabulary }
    guard progress.hasData else { return .pack }
    guard let run = progress.run else { return .begin(seconds: Self.whole(secondsBeforeDecay)) }
    if run.step >= run.steps { return action(afterEndOf: run) }
    if run.step > run.lastStepBeforeDecay { return .finish }
    let left = secondsBeforeDecay - run.seconds
    if left >= 0.5 || run.step == 0 { return .goOn(seconds: Self.whole(left)) }
    // The updates to come will have as much between them as those so far.
    let pace = Double(run.step) / max(run.seconds + overheadSeconds, 1e-3)
    let steps = Int((pace * (trainingSeconds - run.seconds)).rounded())
    return .decay(steps: max(steps, run.step / 10, 1))
  }

  /// The shortest time, as a share of all and in seconds, for which a finished run goes on.
  private static let leastExtension = (share: 0.2, seconds: 3.0)

  /// What to do after the end of `run`: it becomes longer if much time is left and the text is worth
  /// more updates.
  private func action(afterEndOf run: Progress.Run) -> Action? {
    let left = trainingSeconds - run.seconds
    let least = max(Self.leastExtension.share * trainingSeconds, Self.leastExtension.seconds)
    guard left >= least, let sizes = runSizes, run.step > 0 else { return nil }
    let pace = Double(run.step) / max(run.seconds, 1e-3)
    let inTime = (RunSizes.reserve * pace * trainingSeconds).rounded(.up)
    let steps = Int(min(inTime, Double(sizes.mostSteps)))
    // From the last checkpoint before the fall of the learning rate.
    let before = min(run.lastStepBeforeDecay, run.step)
    let share = 1 - TrainingConfiguration.usualDecayShare
    guard Double(steps) >= 1.1 * Double(run.step), Int(share * Double(steps)) > before else {
      return nil
    }
    return .extend(steps: steps, seconds: Self.whole(secondsBeforeDecay - Double(before) / pace))
  }

  /// Whether a longer time would only teach a finished `run` the text by heart.
  package func isExhausted(by run: Progress.Run) -> Bool {
    guard let sizes = runSizes else { return false }
    return Double(run.step) * 1.1 > Double(sizes.mostSteps)
  }

  /// The least time, in seconds, with which a finished `run` goes on.
  package func secondsToGoOn(after run: Progress.Run) -> Double {
    let trained = run.seconds + Self.leastExtension.seconds
    let least = max(run.seconds / (1 - Self.leastExtension.share), trained)
    return preparationSeconds + overheadSeconds + least
  }

  /// `seconds` as a whole number, at least 1.
  private static func whole(_ seconds: Double) -> Int { max(1, Int(seconds.rounded())) }
}
