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

  /// Starts again with no text and room for `capacity` bytes; for texts without ``runs``.
  mutating func removeAll(capacity: Int) {
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(capacity)
    inputEnd = 0
  }

  /// Appends what is not dealt with yet of `input` before `end` as it is.
  mutating func copy(_ input: Span<UInt8>, upTo end: Int) {
    bytes.append(copying: input.extracting(inputEnd..<end))
    inputEnd = end
  }

  /// Appends the next piece of the input with `byte` before and behind it.
  mutating func surround(_ piece: Span<UInt8>, by byte: UInt8) {
    let start = bytes.count
    bytes.append(byte)
    for index in 0..<piece.count { bytes.append(piece[index]) }
    bytes.append(byte)
    finish(piece.count, start)
  }

  /// Appends `replacement` for the next `count` bytes of the input.
  mutating func replace(_ count: Int, by replacement: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: replacement)
    finish(count, start)
  }

  /// Notes that the output from `start` on took the place of the next `count` bytes of the input.
  private mutating func finish(_ count: Int, _ start: Int) {
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
      let lower = Self.input(range.lowerBound, isEnd: false, runs)
      let upper = range.isEmpty ? lower : Self.input(range.upperBound, isEnd: true, runs)
      range = lower..<max(lower, upper)
    }
    return range
  }

  /// The place in the input of what begins, or ends, at `offset` of the output.
  private static func input(_ offset: Int, isEnd: Bool, _ runs: [NormalizedText.Run]) -> Int {
    // The number of runs whose output begins at or before what is asked for.
    let last = isEnd ? offset - 1 : offset
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].output.lowerBound <= last { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return offset }
    let run = runs[low - 1]
    if last < run.output.upperBound { return isEnd ? run.input.upperBound : run.input.lowerBound }
    return run.input.upperBound + (offset - run.output.upperBound)
  }
}
