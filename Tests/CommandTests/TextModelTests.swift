import CRATELM
import SystemPackage
import Testing
import TextModels

/// The library as a Swift program uses it, beside the program that uses it too.
@Suite struct TextModelTests {
  private let shop: TemporaryFolder
  private let model: TextModel
  private let options: CompletionOptions

  init() throws {
    shop = try Workshop.folder()
    model = try TextModel(at: shop.path.appending("run"), threads: 1)
    var options = CompletionOptions(sampling: try SamplingConfiguration(topK: 40), seed: 7)
    options.maximumTokens = 24
    self.options = options
  }

  /// A loop on an actor gives the text that the program writes.
  @MainActor @Test func piecesMakeTheProgramsText() async throws {
    let completions = try model.completions(after: "Mara", options, threads: 1)
    var text = ""
    for try await piece in completions {
      MainActor.assertIsolated()
      text += piece.text
    }
    let written = try Program.run([
      "generate", "--model", shop("run"), "-p", "Mara", "-n", "24", "--top-k", "40", "--seed", "7",
      "--no-echo", "--quiet",
    ])
    #expect(text + "\n" == written.output)
    #expect(completions.texts[0].text == text && completions.texts[0].finishReason == .length)
  }

  /// Stopped texts keep what was held back for a stop sequence.
  @Test func stoppedTextsAreWhole() throws {
    var options = options
    let whole = try model.completions(after: "Mara", options, threads: 1)
    while try whole.next() != nil {}
    let text = whole.texts[0].text
    // Nearly all of the text may become this stop sequence, so that it is held back.
    options.stops = [String(text.dropFirst(1)) + "no such end"]
    let held = try model.completions(after: "Mara", options, samples: 2, threads: 1)
    _ = try held.next()
    held.stop()
    while try held.next() != nil {}
    for completion in held.texts { #expect(completion.finishReason == nil) }
    #expect(text.hasPrefix(held.texts[0].text) && !held.texts[0].text.isEmpty)
  }

  @Test func cancelledTasksEnd() async throws {
    let (model, options) = (model, options)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      var count = 0
      for try await _ in try model.completions(after: "Mara", options, threads: 1) { count += 1 }
      return count
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// What the command line checks, the library checks too.
  @Test func impossibleRequestsAreRefused() throws {
    #expect(throws: ConfigurationError.self) { try model.score("Mara", threads: 0) }
    #expect(throws: ConfigurationError.self) { try model.fillMasks(of: "a [MASK]", count: 0) }
    var options = options
    options.alternativeCount = -1
    #expect(throws: ConfigurationError.self) { try model.completions(after: "Mara", options) }
    let data = try TokenData(directory: shop.path.appending("data"))
    #expect(throws: ConfigurationError.self) {
      try Evaluator(
        model: model.model, data: data, contextLength: 100_000, sequences: 1, threads: 1)
    }
    #expect(throws: ConfigurationError.self) {
      try Packing(model.tokenizer, threads: 0)
        .pack(DocumentSource(inputs: [shop("text.txt")]), to: shop.path.appending("none"))
    }
  }
}
