/// Applies a normaliser to one text after the other on one thread, with memory that is used again.
struct NormalizationBuffer {
  private let passes: [NormalizationPass]
  /// What the last pass made of a text, and the one before it.
  private var output = NormalizedText(capacity: 0, recordsRuns: false)
  private var input = NormalizedText(capacity: 0, recordsRuns: false)

  init(_ normalizer: Normalizer) { passes = normalizer.passes }

  /// What `body` makes of `text`, known to be UTF-8, after all passes.
  @inline(__always)
  mutating func withNormalized<Result>(
    _ text: Span<UInt8>, _ body: (Span<UInt8>) throws(TokenizerError) -> Result
  ) throws(TokenizerError) -> Result {
    guard !passes.isEmpty else { return try body(text) }
    for index in passes.indices {
      swap(&input, &output)
      if index == 0 {
        output.removeAll(capacity: text.count)
        try passes[index].apply(to: text, into: &output)
      } else {
        let text = input.bytes
        output.removeAll(capacity: text.count)
        try passes[index].apply(to: text.span, into: &output)
      }
    }
    return try body(output.bytes.span)
  }
}
