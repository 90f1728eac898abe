import CICU
import Synchronization

/// A regular expression of Oniguruma, run by ICU; bounded in time and memory for every match.
@safe final class RegularExpression: Sendable {
  private let source: String
  /// The compiled expression, of which each use takes a copy with a state of its own.
  nonisolated(unsafe) private let compiled: OpaquePointer
  /// Copies that are not in use; at most as many as were at a time.
  private let idle = Mutex<[Matcher]>([])

  /// How many ways one match may try, in ten thousands; they take about a second.
  private static let timeLimit: Int32 = 300
  /// How many bytes one match may need to find its way back.
  private static let stackLimit: Int32 = 1 << 28

  /// A copy of a compiled expression.
  @safe private struct Matcher: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// - Throws: ``PatternFlaw``.
  init(_ source: String) throws(PatternFlaw) {
    self.source = source
    let units = Array(try RegexTranslator.translation(of: source).utf16)
    var flaw: Int32 = 0
    let pointer = unsafe units.withUnsafeBufferPointer {
      unsafe icu_regex_open($0.baseAddress, Int32($0.count), Self.stackLimit, &flaw)
    }
    guard let pointer = unsafe pointer else {
      throw .unsupported(
        Int(flaw) == icu_regex_flaw_look_behind
          ? "a look-behind of any length" : "a part that ICU does not know")
    }
    unsafe compiled = pointer
  }

  deinit {
    for matcher in idle.withLock({ $0 }) { unsafe icu_regex_close(matcher.pointer) }
    unsafe icu_regex_close(compiled)
  }

  /// The matches in `text`, known to be UTF-8, from left to right; none is empty directly behind
  /// another.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  func matches(in text: Span<UInt8>) throws(TokenizerError) -> [Range<Int>] {
    if text.count == 0 { return [] }
    guard let matcher = takeMatcher() else { throw .patternTooCostly(pattern: source) }
    defer { idle.withLock { $0.append(matcher) } }
    var matches: [Range<Int>] = []
    let isFinished = unsafe text.withUnsafeBufferPointer { buffer in
      unsafe icu_regex_set_text(matcher.pointer, buffer.baseAddress, Int64(buffer.count)) != 0
        && collect(matcher, buffer.count, text, &matches)
    }
    guard isFinished else { throw .patternTooCostly(pattern: source) }
    return matches
  }

  /// A copy to use; `nil` if there is no memory for one.
  private func takeMatcher() -> Matcher? {
    if let matcher = idle.withLock({ $0.popLast() }) { return matcher }
    return unsafe icu_regex_clone(compiled).map { unsafe Matcher(pointer: $0) }
  }

  /// Appends the matches of the text that `matcher` was given; says whether it came to the end.
  private func collect(
    _ matcher: Matcher, _ count: Int, _ text: Span<UInt8>, _ matches: inout [Range<Int>]
  ) -> Bool {
    var position = 0
    while position <= count {
      var (start, end): (Int64, Int64) = (0, 0)
      let found = unsafe icu_regex_find(
        matcher.pointer, Int64(position), Self.timeLimit, &start, &end)
      guard found >= 0 else { return false }
      guard found > 0 else { return true }
      if start == end, let last = matches.last, last.upperBound == Int(end) {
        // An empty match directly behind another is none: on from the next character.
        position += position < count ? UTF8Scan.scalar(in: text, at: position).length : 1
      } else {
        matches.append(Int(start)..<Int(end))
        position = Int(end)
      }
    }
    return true
  }
}
