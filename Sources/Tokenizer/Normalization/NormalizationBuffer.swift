/// Applies a normaliser to one text after the other on one thread, with memory that is used again.
final class NormalizationBuffer {
  private let passes: [NormalizationPass]
  /// What each pass made of the last text.
  private var stages: [NormalizedText]

  init(_ normalizer: Normalizer, recordsRuns: Bool = false) {
    passes = normalizer.passes
    stages = passes.map { _ in NormalizedText(capacity: 0, recordsRuns: recordsRuns) }
  }

  /// What `body` makes of `text`, known to be UTF-8, after all passes.
  func withNormalized<Result>(_ text: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
    var current: [UInt8]?
    for (index, pass) in passes.enumerated() {
      stages[index].removeAll(capacity: current?.count ?? text.count)
      if let current {
        pass.apply(to: current.span, into: &stages[index])
      } else {
        pass.apply(to: text, into: &stages[index])
      }
      current = stages[index].bytes
    }
    guard let current else { return body(text) }
    return body(current.span)
  }

  /// The way back from the last text as it was normalised.
  var alignment: Alignment { Alignment(stages: stages.map(\.runs)) }
}
