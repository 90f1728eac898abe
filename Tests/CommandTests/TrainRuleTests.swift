import CRATELM
import Storage
import Testing
import TextModels

/// The rule of `train`: sizes by text and time, and the next command by what exists.
@Suite struct TrainRuleTests {
  /// 200 billion operations a second: two cores of a current processor.
  private static let rate = 2e11

  private static func sizes(_ bytes: Int, _ seconds: Double) -> TextSizes {
    TextSizes(
      byteCount: bytes,
      limit: TextSizes.usefulByteCount(seconds: seconds, operationsPerSecond: rate),
      seconds: seconds, operationsPerSecond: rate)
  }

  /// A power of two near a token for 600 bytes, and for 600 tokens that can be read.
  @Test(arguments: [
    (2_000, 600.0, 320, 0.2), (100_000, 60, 512, 0.1), (1_262_000, 75, 2048, 0.05),
    (1_262_000, 5, 512, 0.05), (3_300_000, 600, 4096, 0.05), (60_000_000, 7200, 16_384, 0.05),
    (5_000_000_000, 60, 4096, 0.05), (5_000_000_000, 1e6, 32_768, 0.05),
  ]) func vocabulariesGrowWithText(
    bytes: Int, seconds: Double, vocabulary: Int, heldOut: Double
  ) {
    let sizes = Self.sizes(bytes, seconds)
    #expect(sizes.vocabularySize == vocabulary)
    #expect(sizes.validationFraction == heldOut)
  }

  /// Five gigabytes in a minute: twice what training can use, by the 6 M operations of a token.
  @Test func noMoreIsReadThanCanBeUsed() {
    #expect(Self.sizes(5_000_000_000, 60).readBytes == 20_000_000)
    #expect(Self.sizes(20_000_000, 60).readBytes == nil)
    #expect(Self.sizes(5_000_000_000, 1e6).vocabularyBytes == 50_000_000)
    #expect(Self.sizes(1_000_000, 1).readBytes == nil)
  }

  private static func run(
    _ tokens: Int, _ seconds: Double, vocabulary: Int = 2048, objective: Objective = .causal
  ) throws -> RunSizes {
    try RunSizes(
      data: (tokens, tokens / 20), vocabularySize: vocabulary, objective: objective,
      seconds: seconds, operationsPerSecond: rate)
  }

  /// More time makes larger models, more text too.
  @Test func shapesGrow() throws {
    let times = [5.0, 30, 75, 600, 3600, 100_000]
    let widths = try times.map { try Self.run(100_000_000, $0).width }
    #expect(widths == widths.sorted() && widths.first == 128 && widths.last == 768)
    let texts = [500, 20_000, 400_000, 100_000_000]
    let byText = try texts.map { try Self.run($0, 3600).width }
    #expect(byText == byText.sorted() && byText.first == 128)
  }

  /// Shapes of tokens that are read for a day, by their parameters: 6 readings of 0.9 tokens each.
  @Test(arguments: [
    (300_000, 4, 256, 128, 16), (400_000, 4, 384, 128, 16), (600_000, 6, 384, 256, 8),
  ]) func textsFillTheirShape(
    tokens: Int, depth: Int, width: Int, context: Int, batch: Int
  ) throws {
    let run = try Self.run(tokens, 1e6)
    #expect((run.depth, run.width) == (depth, width))
    #expect((run.contextLength, run.batch) == (context, batch))
  }

  /// A text is read 30 times at most, 40 times with hidden tokens, but for 100 updates at least.
  @Test func textsAreNotLearntByHeart() throws {
    for (objective, readings) in [(Objective.causal, 30), (.masked, 40)] {
      let run = try Self.run(400_000, 1e6, objective: objective)
      #expect(run.isLimitedByText)
      let tokens = run.steps * run.batch * run.contextLength
      #expect(abs(tokens - readings * 400_000) <= run.batch * run.contextLength)
      #expect(run.dropout == (objective == .causal ? 0.05 : 0.1))
    }
    #expect(try Self.run(200, 600).steps == 100)
    let large = try Self.run(100_000_000, 60)
    #expect(large.dropout == 0 && !large.isLimitedByText)
    let tokens = large.mostSteps * large.batch * large.contextLength
    #expect(abs(tokens - 30 * 100_000_000) <= large.batch * large.contextLength)
  }

  /// The held-out part of a small text is longer than a context.
  @Test(arguments: [100, 400, 2_000, 10_000, 1_000_000])
  func contextsFitIntoTheHeldOutPart(tokens: Int) throws {
    let run = try Self.run(tokens, 60)
    #expect(run.contextLength == 16 || run.contextLength < tokens / 20)
  }

  private static func training(seconds: Double) throws -> TextTraining {
    var training = TextTraining(
      inputs: ["book.txt"], form: TextForm(),
      text: TextMeasure(bytes: 1_000_000, fingerprint: Fingerprint(of: [])), objective: .causal,
      seed: 1, seconds: seconds, precision: .fp32, operationsPerSecond: rate,
      textSizes: sizes(1_000_000, seconds))
    training.runSizes = try run(300_000, seconds)
    training.runSizes?.mostSteps = 3000
    return training
  }

  private typealias Progress = TextTraining.Progress

  private static func progress(
    _ step: Int, _ seconds: Double, of steps: Int, before: Int
  ) -> Progress {
    Progress(
      hasTokenizer: true, hasData: true,
      run: Progress.Run(step: step, seconds: seconds, steps: steps, lastStepBeforeDecay: before))
  }

  /// A minute: 36 seconds at the largest rate, 24 for its fall.
  private static let states: [(Progress, TextTraining.Action?)] = [
    (Progress(), .learnVocabulary),
    (Progress(hasTokenizer: true), .pack),
    (Progress(hasTokenizer: true, hasData: true), .begin(seconds: 36)),
    // Killed before the first checkpoint.
    (progress(0, 0, of: 900, before: 540), .goOn(seconds: 36)),
    (progress(100, 10, of: 900, before: 540), .goOn(seconds: 26)),
    // The clock begins the fall: ten updates a second for 24 seconds.
    (progress(360, 36, of: 900, before: 540), .decay(steps: 240)),
    // Its time was used up by an interruption.
    (progress(580, 58, of: 900, before: 600), .decay(steps: 58)),
    (progress(400, 40, of: 600, before: 360), .finish),
    (progress(600, 60, of: 600, before: 360), nil),
    (progress(600, 50, of: 600, before: 360), nil),
    // The machine was faster than was measured.
    (progress(600, 30, of: 600, before: 360), .extend(steps: 1800, seconds: 18)),
    // All that the text is worth.
    (progress(3000, 30, of: 3000, before: 1800), nil),
  ]

  @Test func everyStateHasItsCommand() throws {
    let training = try Self.training(seconds: 60)
    for (progress, action) in Self.states {
      #expect(training.action(after: progress) == action, "\(progress)")
    }
  }

  /// On a processor without bf16 another precision is taken before the run begins; then only what is
  /// finished can be used.
  @Test func precisionsOfTheProcessor() throws {
    var training = try Self.training(seconds: 60)
    training.precision = .bf16
    let packed = Progress(hasTokenizer: true, hasData: true)
    let adapted = try #require(training.adapted(to: [.fp32], after: packed))
    #expect(adapted.precision == .fp32)
    #expect(adapted.operationsPerSecond == Self.rate / 1.75)
    let finished = Self.progress(600, 60, of: 600, before: 360)
    #expect(training.adapted(to: [.fp32], after: finished) == training)
    let begun = Self.progress(100, 10, of: 900, before: 540)
    #expect(training.adapted(to: [.fp32], after: begun) == nil)
    #expect(training.adapted(to: [.fp32, .bf16], after: begun) == training)
  }

  /// A larger time goes on from before the fall, up to what the text is worth.
  @Test func largerTimesExtend() throws {
    let finished = Self.progress(600, 60, of: 600, before: 360)
    let run = try #require(finished.run)
    let (minute, hour) = (try Self.training(seconds: 60), try Self.training(seconds: 3600))
    #expect(hour.action(after: finished) == .extend(steps: 3000, seconds: 2124))
    #expect(!minute.isExhausted(by: run) && minute.secondsToGoOn(after: run) == 75)
    #expect(try Self.training(seconds: 75).action(after: finished) != nil)
    #expect(try Self.training(seconds: 74).action(after: finished) == nil)
  }

  /// A model begun for an hour is larger than one begun for 5 seconds, which keeps its sizes.
  @Test func sizesAreThoseOfTheFirstTime() throws {
    var training = try Self.training(seconds: 5)
    #expect(training.differences(to: try Self.run(300_000, 5)) == [])
    training.seconds = 3600
    let new = try Self.run(300_000, 3600)
    let differences = training.differences(to: new)
    #expect(differences.first == "a vocabulary of 2048")
    #expect(differences.contains("\(new.depth) layers of width \(new.width)"))
    #expect(differences.contains("a dropout of 0.05"))
  }

  /// Preparation and validations count, but a fifth of the time is for updates.
  @Test func allTimeCounts() throws {
    var training = try Self.training(seconds: 60)
    training.preparationSeconds = 10
    let begun = Progress(hasTokenizer: true, hasData: true)
    #expect(training.action(after: begun) == .begin(seconds: 30))
    training.preparationSeconds = 100
    #expect(training.action(after: begun) == .begin(seconds: 7))
  }
}
