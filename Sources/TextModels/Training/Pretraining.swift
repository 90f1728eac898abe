public import CRATELM
import Storage
public import Tokenizer

/// A sample of what a model in training can do.
public enum TrainingSample: Sendable, CustomStringConvertible {
  /// A text that it wrote.
  case written(String)
  /// A text with a mask, the most probable tokens for it, and the token that it hides.
  case filled(text: String, guesses: [Guess], truth: String)

  /// A candidate for a mask.
  public struct Guess: Sendable {
    /// Its text.
    public let token: String
    /// Its probability.
    public let probability: Double
  }

  /// The sample in one line.
  public var description: String {
    func line(_ text: String) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    switch self {
    case .written(let text): return line(text)
    case .filled(let text, let guesses, let truth):
      let named = guesses.map {
        "\($0.token.quoted) \((100 * $0.probability).text(digits: 1)) %"
      }
      return
        "\(named.joined(separator: ", ")); it was \(truth.quoted) | \(line(text))"
    }
  }
}

/// Training on packed data: the run of a model, and samples that show a reader how it goes.
public struct Pretraining {
  /// The texts that the model learns from.
  public let data: Mixture
  /// The tokenizer of the data.
  public let tokenizer: any TextTokenizer
  /// The roles of the tokenizer's ids in masked sequences; `nil` if the objective hides no tokens.
  public let vocabulary: MaskingVocabulary?

  private let model: ModelConfiguration
  private let maskedSample: MaskedSample?

  /// The number of tokens of a text written during training.
  private static let sampleTokenCount = 32

  /// - Parameters:
  ///   - model: the shape of the model.
  ///   - data: the text that it learns from, in directories.
  /// - Throws: `ConfigurationError` if a masked model's tokenizer lacks a special token; the data's
  ///   errors; `TokenizerError`.
  public init(_ model: ModelConfiguration, on data: some TrainingData) throws {
    (self.model, self.data) = (model, data.mixture)
    // A run needs data on disk, beside which its tokenizer lies.
    for source in self.data.sources { _ = try source.data.fingerprint() }
    tokenizer = try TokenizerStore.load(self.data.tokenizerPath)
    if model.objective.examples == .hiddenTokens {
      let vocabulary = try MaskingVocabulary(tokenizer)
      self.vocabulary = vocabulary
      maskedSample = try MaskedSample(
        self.data.sources[0].data, tokenizer, vocabulary, contextLength: model.contextLength)
    } else {
      (vocabulary, maskedSample) = (nil, nil)
    }
  }

  /// The run in `directory`, continued from its newest sound checkpoint, or else a new run; nothing
  /// is written before `Run.train`.
  ///
  /// - Parameters:
  ///   - directory: the directory of the run, which need not exist.
  ///   - training: the plan of a new run.
  ///   - weights: the weights that a new run begins with; `nil` to draw them.
  ///   - conditions: the program and the threads, recorded in the run.
  /// - Returns: the run.
  /// - Throws: `FileError`, `CheckpointError`, `OutOfMemory`; `ConfigurationError` for a run of
  ///   another shape or plan.
  public func run(
    in directory: RunDirectory, training: TrainingConfiguration,
    with weights: InitialWeights? = nil, conditions: Conditions
  ) throws -> Run {
    let run = try Run.resume(directory, on: data, vocabulary: vocabulary, conditions: conditions)
    guard let run else {
      return try Run.create(
        directory, model: model, training: training, with: weights, on: data,
        vocabulary: vocabulary,
        conditions: conditions, replacing: .runWithoutWeights)
    }
    guard run.record.model == model, run.trainer.configuration == training else {
      throw ConfigurationError(
        """
        The run at \(directory.path) has another shape or plan than the one given; give its own, or \
        another directory.
        """)
    }
    return run
  }

  /// A sample of what `model` can do by now; `nil` if the data or the tokenizer allow none.
  ///
  /// - Parameters:
  ///   - model: the model in training.
  ///   - seed: decides the draws of a text.
  ///   - threads: the number of threads.
  /// - Returns: a text or a filled mask.
  /// - Throws: `OutOfMemory`.
  public func sample(_ model: LanguageModel, seed: UInt64, threads: Int) throws -> TrainingSample? {
    if let maskedSample { return try maskedSample.filled(by: model, threads: threads) }
    guard model.configuration.objective.attention == .causal, data.textBounds.beginning != nil
    else {
      return nil
    }
    var options = CompletionOptions(
      sampling: try SamplingConfiguration(temperature: 0.8, topK: 40), seed: seed)
    options.maximumTokens = Self.sampleTokenCount
    let completions = try TextModel(
      model, tokenizer: tokenizer, textBounds: data.textBounds
    )
    .completions(after: "", options, threads: threads)
    while try completions.next() != nil {}
    return .written(completions.texts[0].text)
  }
}
