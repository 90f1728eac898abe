import Tokenizer

/// Text that is decoded token by token and ends before the first of several stop texts.
///
/// What may be the beginning of a stop text is held back until it is known not to be one.
struct StoppableText {
  /// All text so far, without the stop text.
  private(set) var text = ""
  private var decoder: StreamingDecoder
  private var held: [UInt8] = []
  private let stops: [[UInt8]]

  /// Text at the start, or behind a prompt.
  init(_ tokenizer: any TextTokenizer, isAtStart: Bool, stops: [String]) {
    decoder = StreamingDecoder(tokenizer, isAtStart: isAtStart)
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// The text that `id` makes certain, and whether a stop text was reached, where one may be.
  mutating func append(
    _ id: TokenID, mayStop: Bool
  ) throws -> (text: String, isStopped: Bool) {
    held += Array(try decoder.append(id).utf8)
    guard mayStop else { return (release(held.count), false) }
    if let end = firstStop {
      return (release(end), true)
    }
    return (release(held.count - longestBeginning), false)
  }

  /// The text that was held back, when no more tokens come.
  mutating func finish() -> String {
    held += Array(decoder.finish().utf8)
    return release(firstStop ?? held.count)
  }

  private mutating func release(_ count: Int) -> String {
    let released = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    text += released
    return released
  }

  /// Where the first stop text in the held bytes begins.
  private var firstStop: Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// The length of the longest end of the held bytes that a stop text begins with.
  private var longestBeginning: Int {
    let start = held.indices.first { start in
      stops.contains { $0.starts(with: held[start...]) }
    }
    return start.map { held.count - $0 } ?? 0
  }
}
