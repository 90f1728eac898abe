/// The loss of a model on a text, in the units of the field.
public struct EvaluationReport: Hashable, Sendable {
  /// The sum of the negative log-likelihoods, in nats.
  public var totalLoss = 0.0
  /// The number of tokens predicted.
  public var tokens = 0
  /// The UTF-8 bytes of the original text that the predicted tokens stand for.
  public var bytes = 0

  /// Nothing evaluated yet.
  public init() {}

  /// The mean loss in nats per token.
  public var loss: Double { totalLoss / Double(tokens) }

  /// `exp(loss)`: among how many tokens the model is undecided.
  public var perplexity: Double { perplexity(per: tokens) }

  /// `exp` of the mean loss over `count` units of the text, such as its bytes or its words.
  public func perplexity(per count: Int) -> Double { (totalLoss / Double(count)).exponential }

  /// The mean loss in bits per byte of text, comparable between tokenizers.
  public var bitsPerByte: Double { totalLoss / (2.0.logarithm * Double(bytes)) }
}

/// Measures the loss on a split of packed data, in consecutive windows of one context.
///
/// Every token but the first of the stream is predicted once, from those before it in its window;
/// up to one context of tokens at the end, which fill no window, is left out.
public final class Evaluator {
  private let network: Network
  private let data: TokenData
  private var batch: Batch

  package init(network: Network, data: TokenData) throws {
    self.network = network
    self.data = data
    batch = Batch(sequences: network.shape.sequences, contextLength: network.shape.context)
  }

  /// An evaluator with a network of its own.
  ///
  /// - Parameters:
  ///   - model: the model to evaluate.
  ///   - data: packed text.
  ///   - sequences: windows that pass through the network at once.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``.
  public convenience init(
    model: LanguageModel, data: TokenData, sequences: Int, threads: Int
  ) throws {
    try self.init(
      network: Network(
        model,
        shape: BatchShape(sequences: sequences, context: model.configuration.contextLength),
        purpose: .inference, workers: Workers(count: threads)),
      data: data)
  }

  /// The loss on `split`.
  ///
  /// - Parameters:
  ///   - split: which part of the data.
  ///   - maximumTokens: where the split is longer, only its first windows up to so many tokens are
  ///     looked at, at least one.
  ///   - progress: told how many of how many tokens are done.
  /// - Returns: `nil` where the split is shorter than one context.
  /// - Throws: the data's errors.
  public func evaluate(
    _ split: Split, maximumTokens: Int = .max,
    progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> EvaluationReport? {
    let shape = network.shape
    guard data[split].tokenCount > shape.context else { return nil }
    var loader = try BatchLoader(
      split: data[split], contextLength: shape.context, order: .sequential)
    let windowCount = min(loader.windowCount, max(1, maximumTokens / shape.context))
    var report = EvaluationReport()
    var spelledBytes = 0
    for first in stride(from: 0, to: windowCount, by: shape.sequences) {
      // The last batch may go beyond the windows; only what belongs to them counts.
      try batch.fill(from: &loader, at: first..<first + shape.sequences)
      let counted = min(shape.sequences, windowCount - first) * shape.context
      let losses = network.losses(inputs: batch.inputs, targets: batch.targets)
      for token in 0..<counted {
        report.totalLoss += Double(losses[token])
        spelledBytes += data.tokenByteCounts[Int(batch.targets[token])]
      }
      report.tokens += counted
      progress(report.tokens, windowCount * shape.context)
    }
    // Where normalisation changed the text, tokens spell other bytes than the original had.
    let totals = data.manifest[split]
    let share = Double(totals.bytes) / Double(max(1, totals.spelledBytes))
    report.bytes = Int((Double(spelledBytes) * share).rounded())
    return report
  }
}
