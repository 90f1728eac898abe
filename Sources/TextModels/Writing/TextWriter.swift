import CRATELM
import Parallel
import Tokenizer

/// Writes texts after one prompt after another, reusing its memory.
public final class TextWriter {
  private let model: TextModel
  private let decoder: BatchDecoder
  private let options: CompletionOptions
  private let configuration: GenerationConfiguration
  private let sampleCount: Int
  private weak var current: Completions?

  /// - Parameters:
  ///   - model: a causal model.
  ///   - options: options for the texts.
  ///   - samples: the number of texts after each prompt, which differ in their draws.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Throws: `ConfigurationError` for a masked model and for steering that it does not allow;
  ///   `OutOfMemory`; `TokenizerError.patternTooCostly`.
  public init(
    _ model: TextModel, _ options: CompletionOptions, samples: Int = 1, threads: Int? = nil
  ) throws {
    (self.model, self.options, sampleCount) = (model, options, samples)
    configuration = try options.configuration(for: model)
    decoder = try BatchDecoder(
      model: model.model, capacity: samples, threads: Workers.count(threads),
      steering: options.steering)
  }

  /// The tokens that the changes of ``CompletionOptions/steering`` were made at so far, as
  /// `BatchDecoder.steeredPositionCount`.
  public var steeredPositionCount: Int { decoder.steeredPositionCount }

  /// Checks that `prompt` can be continued.
  ///
  /// - Throws: `ConfigurationError` for an empty prompt if no token begins a text, and for one that
  ///   does not fit into the context if that is refused; `TokenizerError.patternTooCostly`.
  public func check(_ prompt: String) throws {
    try decoder.check(model.promptIDs(prompt), configuration)
  }

  /// The texts after `prompt`; stops the texts after an earlier prompt.
  ///
  /// - Parameters:
  ///   - prompt: the text to continue; an empty one is the start of a text.
  ///   - forgetting: called if the context is full and the beginning of a text is forgotten.
  /// - Returns: the texts, which are written as they are asked for.
  /// - Throws: as ``check(_:)``; `OutOfMemory`.
  public func completions(
    after prompt: String, forgetting: @escaping () -> Void = {}
  ) throws -> Completions {
    let ids = try model.promptIDs(prompt)
    current?.stop()
    let completions = try Completions(decoder, forgetting: forgetting) {
      try (0..<sampleCount).map { sample in
        let text = StoppableText(
          model, isAtStart: prompt.isEmpty, stops: options.stops,
          minimumTokens: options.minimumTokens)
        let draft = try decoder.begin(
          after: ids, configuration, sample: sample, endsIf: { _, token in try text.append(token) },
          forgetting: forgetting)
        return (draft, text)
      }
    }
    current = completions
    return completions
  }
}

extension TextModel {
  /// The text after `prompt`, piece by piece.
  ///
  /// - Parameters:
  ///   - prompt: the text to continue; an empty one is the start of a text.
  ///   - options: options for the texts.
  ///   - samples: the number of texts, which differ in their draws.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the texts, which are written as they are asked for.
  /// - Throws: as ``TextWriter``.
  public func completions(
    after prompt: String, _ options: CompletionOptions, samples: Int = 1, threads: Int? = nil
  ) throws -> Completions {
    try TextWriter(self, options, samples: samples, threads: threads).completions(after: prompt)
  }
}
