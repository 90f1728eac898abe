/// Text under construction by a step of normalisation, with the places where it differs.
struct NormalizedText {
  /// A span of the input and the span of the output that took its place.
  struct Run {
    let input: Range<Int>
    let output: Range<Int>
  }

  private(set) var bytes: [UInt8] = []
  /// The spans that were changed, in order; all between them was copied.
  private(set) var runs: [Run] = []
  /// The end of the last piece of the input that was dealt with.
  private var inputEnd = 0
  /// Whether ``runs`` are wanted.
  let recordsRuns: Bool

  init(capacity: Int, recordsRuns: Bool = true) {
    self.recordsRuns = recordsRuns
    bytes.reserveCapacity(capacity)
  }

  /// Starts again with no text, keeping the memory.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    inputEnd = 0
  }

  /// Appends a piece of the input as it is.
  mutating func copy(_ piece: Span<UInt8>) {
    unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    inputEnd += piece.count
  }

  /// Appends the next piece of the input with `byte` before and behind it.
  mutating func surround(_ piece: Span<UInt8>, by byte: UInt8) {
    let start = bytes.count
    bytes.append(byte)
    for index in 0..<piece.count { bytes.append(piece[index]) }
    bytes.append(byte)
    if recordsRuns {
      runs.append(Run(input: inputEnd..<inputEnd + piece.count, output: start..<bytes.count))
    }
    inputEnd += piece.count
  }

  /// Appends `replacement` for the next `count` bytes of the input.
  mutating func replace(_ count: Int, by replacement: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: replacement)
    if recordsRuns {
      runs.append(Run(input: inputEnd..<inputEnd + count, output: start..<bytes.count))
    }
    inputEnd += count
  }
}

/// The way back from normalised text to the text as it was.
struct Alignment {
  /// The changed spans of every step, in the order of the steps.
  var stages: [[NormalizedText.Run]] = []

  /// The span of the text as it was that gave `range` of the normalised text; spans that were
  /// changed count as a whole.
  func original(_ range: Range<Int>) -> Range<Int> {
    var range = range
    for runs in stages.reversed() {
      let lower = Self.lowerBound(range.lowerBound, in: runs)
      let upper = range.isEmpty ? lower : Self.upperBound(range.upperBound, in: runs)
      range = lower..<max(lower, upper)
    }
    return range
  }

  /// The place in the input of what begins at `offset` of the output.
  private static func lowerBound(_ offset: Int, in runs: [NormalizedText.Run]) -> Int {
    // The last run whose output begins at or before `offset`.
    let index = partition(runs) { $0.output.lowerBound <= offset } - 1
    guard index >= 0 else { return offset }
    let run = runs[index]
    if offset < run.output.upperBound { return run.input.lowerBound }
    return run.input.upperBound + (offset - run.output.upperBound)
  }

  /// The place in the input of what ends at `offset` of the output.
  private static func upperBound(_ offset: Int, in runs: [NormalizedText.Run]) -> Int {
    // The last run whose output begins before `offset`.
    let index = partition(runs) { $0.output.lowerBound < offset } - 1
    guard index >= 0 else { return offset }
    let run = runs[index]
    if offset <= run.output.upperBound { return run.input.upperBound }
    return run.input.upperBound + (offset - run.output.upperBound)
  }

  /// The number of runs at the start for which `condition` holds; it holds for no later one.
  private static func partition(
    _ runs: [NormalizedText.Run], where condition: (NormalizedText.Run) -> Bool
  ) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if condition(runs[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
