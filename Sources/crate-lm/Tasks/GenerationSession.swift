import CRATELM
import TextModels

/// Prompts that are continued one after the other, and what has been written so far.
final class GenerationSession {
  private let loaded: TextModel
  private let decoder: BatchDecoder
  private let configuration: GenerationConfiguration
  private let style: SampleWriter.Style
  private let note: (String) -> Void
  private var hasForgotten = false
  private(set) var tokenCount = 0
  /// What `--json` prints of every sample.
  private(set) var samples: [JSONFields] = []
  private var promptCount = 0

  /// A session that writes texts for every prompt; `note` tells the user something.
  init(
    _ loaded: TextModel, _ configuration: GenerationConfiguration, style: SampleWriter.Style,
    threads: Int, note: @escaping (String) -> Void
  ) throws {
    self.loaded = loaded
    self.configuration = configuration
    self.style = style
    self.note = note
    decoder = try BatchDecoder(model: loaded.model, capacity: style.samples, threads: threads)
  }

  /// Makes sure that `prompts` can be continued, before anything is written.
  func check(_ prompts: [String]) throws {
    for prompt in prompts {
      try decoder.check(loaded.tokenizer.promptIDs(prompt), configuration)
    }
  }

  /// Continues `prompt`; streams it where the style says so, otherwise keeps it until it is whole.
  ///
  /// - Parameters:
  ///   - prompt: the text to continue.
  ///   - isStopped: asked after every token.
  /// - Returns: the text of the first sample.
  /// - Throws: what ``BatchDecoder/generate(after:_:samples:endsIf:forgetting:)`` throws, and
  ///   `FileError`.
  @discardableResult
  func write(after prompt: String, isStopped: @escaping () -> Bool = { false }) throws -> String {
    var writer = SampleWriter(
      loaded.tokenizer, prompt: prompt, number: promptCount, style: style)
    let drafts = try decoder.generate(
      after: loaded.tokenizer.promptIDs(prompt), configuration, samples: style.samples,
      endsIf: { draft, token in
        let ends = try writer.append(token, to: draft.sample)
        return isStopped() || ends
      }, forgetting: sayForgetting)
    try writer.finish(drafts.map(\.finishReason))
    promptCount += 1
    tokenCount += writer.tokenCount
    samples += writer.fields
    return writer.firstText
  }

  /// Says once that the context is full.
  private func sayForgetting() {
    guard !hasForgotten else { return }
    hasForgotten = true
    note(
      """
      The text is longer than the model's context of \
      \(loaded.model.configuration.contextLength) tokens: its beginning is forgotten, half a \
      context at a time; --strict-context refuses such texts.
      """)
  }

  /// Continues prompts that are typed line by line, each at once, until there are no more.
  ///
  /// A mistake in one of them is told, and the next one is asked for.
  func converse() throws {
    var text = ""
    ask()
    while let line = readLine() {
      let prompt = line.isEmpty ? text : line
      StopRequest.listen()
      defer { StopRequest.stopListening() }
      do {
        text = prompt + (try write(after: prompt) { StopRequest.isMade })
      } catch let error as ConfigurationError {
        StandardError.print("\(error)")
      }
      ask()
    }
    if StandardError.isTerminal { StandardError.write("\n") }
  }

  private func ask() {
    if StandardError.isTerminal { StandardError.write("> ") }
  }
}
