/// Normalises a text that comes in parts, cut anywhere, in memory for one part and for as much as
/// depends on what comes next.
public struct NormalizationStream: Sendable {
  private let passes: [NormalizationPass]
  /// The input of each pass that waits for what comes next.
  private var pending: [[UInt8]]
  /// The start of a scalar whose other bytes have not come yet.
  private var unfinished: [UInt8] = []
  /// The number of bytes that were given out of ``unfinished``.
  private var offset = 0

  /// A stream at the start of a text.
  public init(_ normalizer: Normalizer) {
    passes = normalizer.passes
    pending = passes.map { _ in [] }
  }

  /// The normalised text that `chunk` completes.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the whole text;
  ///   `.patternTooCostly`.
  public mutating func append(_ chunk: [UInt8]) throws(TokenizerError) -> [UInt8] {
    unfinished += chunk
    let count = UTF8Scan.completeCount(unfinished.span)
    let complete = Array(unfinished[..<count])
    try UTF8Scan.validate(complete.span, offset: offset)
    unfinished.removeFirst(count)
    offset += count
    return try run(complete, isLast: false)
  }

  /// The rest of the normalised text, and a new start.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` where the text ends inside a scalar;
  ///   `.patternTooCostly`.
  public mutating func finish() throws(TokenizerError) -> [UInt8] {
    try UTF8Scan.validate(unfinished.span, offset: offset)
    offset = 0
    return try run([], isLast: true)
  }

  private mutating func run(
    _ text: [UInt8], isLast: Bool
  ) throws(TokenizerError) -> [UInt8] {
    var text = text
    for (index, pass) in passes.enumerated() {
      let input = pending[index] + text
      let cut = isLast ? input.count : Self.lastBoundary(in: input.span, pass)
      var output = NormalizedText(capacity: cut, recordsRuns: false)
      try pass.apply(to: input.span.extracting(..<cut), into: &output)
      pending[index] = Array(input[cut...])
      text = output.bytes
    }
    return text
  }

  /// Where the last scalar of `text` begins before which it can be cut.
  private static func lastBoundary(in text: Span<UInt8>, _ pass: NormalizationPass) -> Int {
    var position = text.count
    while position > 0 {
      position = UTF8Scan.previousStart(in: text, before: position)
      if pass.hasBoundary(before: UTF8Scan.scalar(in: text, at: position).value) { break }
    }
    return position
  }
}
