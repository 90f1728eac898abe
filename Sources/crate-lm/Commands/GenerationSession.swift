import CRATELM
import TextModels

/// Continues prompts one after the other and keeps the samples.
final class GenerationSession {
  private let loaded: TextModel
  private let writer: TextWriter
  private let style: SampleStyle
  private let note: (String) -> Void
  /// Whether the user was told that the context is full.
  private var hasSaidForgetting = false
  private(set) var tokenCount = 0
  /// The fields of every sample, for `--json`.
  private(set) var samples: [JSONFields] = []
  /// The texts after every prompt, one list for each.
  private(set) var written: [[Completion]] = []

  /// A session that writes texts for every prompt; `note` tells the user.
  init(
    _ loaded: TextModel, _ writer: TextWriter, style: SampleStyle,
    note: @escaping (String) -> Void
  ) {
    (self.loaded, self.writer, self.style, self.note) = (loaded, writer, style, note)
  }

  /// Checks that `prompts` can be continued, before anything is written.
  func check(_ prompts: [String]) throws {
    for prompt in prompts { try writer.check(prompt) }
  }

  /// Continues `prompt`; streams the text if the style says so, otherwise keeps it until it ends.
  ///
  /// - Parameters:
  ///   - prompt: the text to continue.
  ///   - isStopped: asked after every piece.
  /// - Returns: the text of the first sample.
  /// - Throws: as ``TextWriter/completions(after:forgetting:)``; `FileError`.
  @discardableResult
  func write(after prompt: String, isStopped: () -> Bool = { false }) throws -> String {
    var hasForgotten = false
    let completions = try writer.completions(after: prompt) { hasForgotten = true }
    let echo = style.echoes ? prompt : ""
    let streams = style.output == .stream
    if streams { try StandardOutput.write(echo) }
    while !isStopped(), let piece = try completions.next() {
      if streams { try StandardOutput.write(piece.text) }
    }
    let texts = completions.texts
    if streams { try StandardOutput.write("\n") }
    for text in texts {
      samples.append(text.fields(prompt: written.count, echo: echo, loaded.tokenizer))
      tokenCount += text.tokens.count
      if style.output == .numbered {
        try StandardOutput.write("--- \(samples.count)\n\(echo)\(text.text)\n")
      }
    }
    written.append(texts)
    // After the text; before its end the note would look like a part of it.
    if hasForgotten { sayForgetting() }
    return texts[0].text
  }

  /// Tells the user once that the context is full.
  private func sayForgetting() {
    guard !hasSaidForgetting else { return }
    hasSaidForgetting = true
    note(
      """
      The text is longer than the model's context of \
      \(loaded.model.configuration.contextLength) tokens: its beginning is forgotten, half a \
      context at a time; --strict-context refuses such texts.
      """)
  }

  /// Continues prompts that are typed line by line, until the end of input.
  ///
  /// After a prompt that cannot be continued, prints the reason and asks for the next one.
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
