import Parallel

/// Measures the loss on a split of packed data, in consecutive windows of one context.
///
/// A causal model predicts every token but the first of the stream once, from those before it in
/// its window; up to one context of tokens at the end, an incomplete window, is left out. A masked
/// model predicts 15 % of the tokens, always the same ones.
public final class Evaluator {
  private let network: Network
  private let data: TokenData
  private let examples: any Examples
  private var batch: Batch

  package init(network: Network, data: TokenData, vocabulary: MaskingVocabulary?) throws {
    self.network = network
    self.data = data
    examples = try network.model.configuration.examples(
      for: .validation, vocabulary: vocabulary, contextLength: network.shape.context)
    batch = Batch(sequences: network.shape.sequences, contextLength: network.shape.context)
  }

  /// An evaluator with a network of its own.
  ///
  /// - Parameters:
  ///   - model: the model to evaluate.
  ///   - data: packed text.
  ///   - vocabulary: the masking vocabulary of a masked model's tokenizer.
  ///   - contextLength: T, at most the model's context; `nil` for the model's context.
  ///   - sequences: the windows that pass through the network at once.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``; ``ConfigurationError`` for a masked model without a vocabulary.
  public convenience init(
    model: LanguageModel, data: TokenData, vocabulary: MaskingVocabulary? = nil,
    contextLength: Int? = nil, sequences: Int, threads: Int
  ) throws {
    let longest = model.configuration.contextLength
    guard (1...longest).contains(contextLength ?? longest), sequences > 0 else {
      throw ConfigurationError(
        """
        The context is \(contextLength ?? longest) with \(sequences) windows at once; expected a \
        context of 1 to \(longest), the model's, and at least one window.
        """)
    }
    try self.init(
      network: Network(
        model,
        shape: BatchShape(
          sequences: sequences, context: contextLength ?? model.configuration.contextLength),
        purpose: .inference, workers: Workers(threads: threads)),
      data: data, vocabulary: vocabulary)
  }

  /// Whether `split` is long enough for a window of one context.
  func hasWindow(in split: Split) -> Bool { windowCount(of: split) > 0 }

  private func windowCount(of split: Split) -> Int {
    examples.windowCount(of: data[split].tokenCount)
  }

  /// The loss on `split`.
  ///
  /// - Parameters:
  ///   - split: the part of the data.
  ///   - maximumTokens: the most tokens to evaluate from the start of the split, at least a window.
  ///   - progress: called with the tokens done and the tokens in all.
  /// - Returns: `nil` if the split has no whole window or nothing to predict.
  /// - Throws: the data's errors.
  public func evaluate(
    _ split: Split, maximumTokens: Int = .max,
    progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> EvaluationReport? {
    let shape = network.shape
    let all = windowCount(of: split)
    guard all > 0 else { return nil }
    var loader = try BatchLoader(
      split: data[split], order: .sequential, examples: examples)
    let windowCount = min(all, max(1, maximumTokens / shape.context))
    var report = EvaluationReport()
    var spelledBytes = 0
    for first in stride(from: 0, to: windowCount, by: shape.sequences) {
      // The last batch may go beyond the windows; only predictions in them count.
      batch.removeAll()
      try loader.append(first..<first + shape.sequences, to: &batch)
      let sequences = min(shape.sequences, windowCount - first)
      let counted = batch.predictionCount(inFirst: sequences)
      let losses = network.losses(batch)
      for token in 0..<counted { report.totalLoss += Double(losses[token]) }
      spelledBytes += data.spelledBytes.sum(of: batch.targets[..<counted])
      report.tokens += counted
      progress((first + sequences) * shape.context, windowCount * shape.context)
    }
    guard report.tokens > 0 else { return nil }
    if examples.predictText {
      let share = data.manifest[split].bytesPerSpelledByte
      report.bytes = Int((Double(spelledBytes) * share).rounded())
    }
    return report
  }
}
