/// The log-probability of every token of a text.
///
/// A text longer than the context is scored in windows as lm-evaluation-harness does for rolling
/// log-likelihoods: windows follow one another, every token is predicted once, and the last window
/// is moved back so that it is full.
public final class Scorer {
  private let network: Network

  /// Fills rows behind windows that are shorter than the context; no token sees it.
  private static let padding: Int32 = 0

  /// A scorer that takes `sequences` windows at a time.
  ///
  /// - Parameters:
  ///   - model: the model that predicts.
  ///   - sequences: windows that pass through the network at once.
  ///   - threads: the number of threads.
  /// - Throws: ``ConfigurationError`` for a masked model, ``OutOfMemory``.
  public init(model: LanguageModel, sequences: Int, threads: Int) throws {
    try model.configuration.require(.causal)
    network = try Network(
      model, shape: BatchShape(sequences: sequences, context: model.configuration.contextLength),
      purpose: .inference, workers: Workers(count: threads))
  }

  /// A window of a text: its inputs, and which of the tokens after them count.
  package struct Window: Equatable, Sendable {
    /// The places of the inputs.
    package let inputs: Range<Int>
    /// The places of the tokens that are scored here, each the successor of an input.
    package let scored: Range<Int>

    package init(inputs: Range<Int>, scored: Range<Int>) {
      self.inputs = inputs
      self.scored = scored
    }
  }

  /// The windows of a text of `count` tokens, whose first is not scored.
  package static func windows(of count: Int, contextLength: Int) -> [Window] {
    stride(from: 1, to: count, by: contextLength).map { first in
      let end = min(first + contextLength, count)
      return Window(inputs: max(0, end - 1 - contextLength)..<end - 1, scored: first..<end)
    }
  }

  /// The natural logarithm of the probability of every token but the first.
  ///
  /// - Parameter ids: at least one id, all of the vocabulary.
  /// - Returns: `ids.count − 1` numbers, each given the tokens before it in its window.
  public func logProbabilities(of ids: [Int32]) -> [Double] {
    let shape = network.shape
    let windows = Self.windows(of: ids.count, contextLength: shape.context)
    var batch = Batch(sequences: shape.sequences, contextLength: shape.context)
    var result: [Double] = []
    result.reserveCapacity(max(0, ids.count - 1))
    for first in stride(from: 0, to: windows.count, by: shape.sequences) {
      let group = windows[first..<min(first + shape.sequences, windows.count)]
      batch.removeAll()
      for window in group {
        for place in window.scored {
          batch.predict(ids[place], at: place - 1 - window.inputs.lowerBound)
        }
        batch.append(Array(ids[window.inputs]), count: window.inputs.count, padding: Self.padding)
      }
      for _ in group.count..<shape.sequences { batch.append([], count: 0, padding: Self.padding) }
      result += network.losses(batch).map { -Double($0) }
    }
    return result
  }
}
