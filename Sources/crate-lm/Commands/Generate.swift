import ArgumentParser
import CRATELM
import Storage
import TextModels

/// Text from a model.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write text after a prompt with a causal model.",
    discussion: """
      The text appears while it is written; with several samples or prompts, each appears under \
      its number when it is complete. A text ends at an end-of-text token, before a --stop \
      sequence, or after --max-tokens.

        crate-lm generate run --prompt "It was"
        crate-lm generate run -p "It was" -n 400 --temperature 0.7 --top-p 0.95
        crate-lm generate run --interactive
        crate-lm generate run -p "It was" --steer 2:31=4 --fluency
      """)

  @OptionGroup(title: "Model and prompt") var input: ModelPath
  @OptionGroup(title: "Model and prompt") var prompts: PromptOptions
  @OptionGroup(title: "Text") var writing: WritingOptions
  @OptionGroup(title: "Sampling") var sampling: SamplingOptions

  @OptionGroup(title: "Steering") var steering: SteeringOptions

  @Option(help: "A number that decides all draws. (default: drawn, and printed)")
  var seed: Seed?

  @OptionGroup var use: ModelUse
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard writing.logprobs == nil || report.json else {
      throw ValidationError("--logprobs is for --json.")
    }
    guard !prompts.interactive || !(report.json || writing.samples > 1) else {
      throw ValidationError(
        "--interactive shows one text at a time; leave --json and --samples out.")
    }
    guard !prompts.interactive || !steering.fluency else {
      throw ValidationError("--fluency writes every text three times; leave --interactive out.")
    }
  }

  func run() throws {
    let texts = prompts.interactive ? [] : try prompts.texts()
    let loaded = try use.load(input.path, folding: false, notes: report.notes)
    try loaded.model.configuration.require(.causal)
    let sampling = try sampling.configuration()
    let seed = (seed ?? .drawn()).value
    if self.seed == nil, sampling.temperature > 0 { report.note("seed \(seed)") }
    var options = writing.options(sampling: sampling, seed: seed)
    options.steering = steering.steering
    let writer = try TextWriter(
      loaded, options, samples: writing.samples, threads: use.threads.count)
    let session = GenerationSession(
      loaded, writer, style: style(promptCount: texts.count), note: report.note)
    if prompts.interactive {
      try session.converse()
      return sayPositions(writer)
    }
    try session.check(texts)
    let start = ContinuousClock.now
    for text in texts { try session.write(after: text) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    sayPositions(writer)
    let cost = try fluency(of: session, loaded, options, texts)
    guard report.json else {
      if let cost { report.note(cost.sentence) }
      if StandardError.isTerminal,
        let speed = Quantity.speed(session.tokenCount, seconds: seconds)
      {
        report.note("\(speed) tokens/s")
      }
      return
    }
    let fields: JSONFields = [
      "samples": session.samples, "tokens_per_second": Double(session.tokenCount) / seconds,
      "seed": seed,
      "weights": use.format.weights.rawValue,
    ]
    try StandardOutput.print(
      fields + (options.steering?.fields(positions: writer.steeredPositionCount) ?? [:])
        + (cost?.fields ?? [:]))
  }

  /// Says how many tokens were steered, if any should be.
  private func sayPositions(_ writer: TextWriter) {
    guard let steering = steering.steering else { return }
    report.note(
      """
      Steered \(steering.interventions.map(\.description).joined(separator: ", ")) at \
      \(writer.steeredPositionCount.counting("position")).
      """)
  }

  /// What steering cost the texts of `session`, if that is asked for.
  private func fluency(
    of session: GenerationSession, _ loaded: TextModel, _ options: CompletionOptions,
    _ prompts: [String]
  ) throws -> SteeringCost? {
    guard steering.fluency else { return nil }
    return try loaded.steeringCost(
      of: session.written, after: prompts, options, threads: use.threads.count)
  }

  private func style(promptCount: Int) -> SampleStyle {
    SampleStyle(
      echoes: writing.echo ?? !(report.json || prompts.interactive),
      output: report.json ? .none : promptCount > 1 || writing.samples > 1 ? .numbered : .stream)
  }
}
