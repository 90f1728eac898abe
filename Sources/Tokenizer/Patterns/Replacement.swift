/// The matches of a pattern, and what stands in their place.
public struct Replacement: Hashable, Sendable {
  /// What is replaced.
  public let pattern: TextPattern
  /// What takes the place of each match, in UTF-8.
  public let content: [UInt8]

  /// Each match of `pattern` becomes `content`.
  public init(_ pattern: TextPattern, by content: String) {
    self.pattern = pattern
    self.content = Array(content.utf8)
  }

  /// Appends `text`, known to be UTF-8, to `output`.
  ///
  /// As `tokenizers` has it, the content stands for the last scalar of its match, or for the one
  /// before an empty match.
  func apply(
    to text: Span<UInt8>, into output: inout NormalizedText
  ) throws(TokenizerError) {
    for match in try pattern.matches(in: text) {
      if match.isEmpty {
        insert(at: match.lowerBound, of: text, into: &output)
        continue
      }
      output.copy(text, upTo: match.lowerBound)
      let last = UTF8Scan.previousStart(in: text, before: match.upperBound)
      if content.isEmpty {
        output.replace(match.count, by: content)
      } else {
        if last > match.lowerBound {
          output.replace(last - match.lowerBound, by: EmptyCollection())
        }
        output.replace(match.upperBound - last, by: content)
      }
    }
    output.copy(text, upTo: text.count)
  }

  private func insert(at place: Int, of text: Span<UInt8>, into output: inout NormalizedText) {
    if content.isEmpty { return }
    guard place > 0 else { return output.replace(0, by: content) }
    let previous = UTF8Scan.previousStart(in: text, before: place)
    output.copy(text, upTo: previous)
    let scalar = Array(copying: text.extracting(previous..<place))
    output.replace(place - previous, by: scalar + content)
  }

  /// `text` with the matches replaced.
  func applied(to text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    var output = NormalizedText(capacity: text.count, recordsRuns: false)
    try apply(to: text.span, into: &output)
    return output.bytes
  }
}
