import CRATELM

/// Prompts that are typed line by line, each continued at once.
struct Conversation {
  private let session: GenerationSession

  init(_ session: GenerationSession) {
    self.session = session
  }

  /// Reads lines until there are no more.
  ///
  /// A mistake in one of them is told, and the next one is asked for.
  func run() throws {
    var text = ""
    ask()
    while let line = readLine() {
      let prompt = line.isEmpty ? text : line
      StopRequest.listen()
      defer { StopRequest.stopListening() }
      do {
        text = prompt + (try session.write(after: prompt) { StopRequest.isMade })
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
