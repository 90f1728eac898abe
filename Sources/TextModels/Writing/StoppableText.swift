import CRATELM
import Tokenizer

/// Text that is decoded token by token and ends before the first of several stop sequences.
///
/// What may be the beginning of a stop sequence is held back until it is known not to be one.
final class StoppableText {
  /// All text so far, without the stop sequence.
  private(set) var text = ""
  /// The tokens so far.
  private(set) var tokens: [GeneratedToken] = []

  private let endOfText: TokenID?
  private let stops: [[UInt8]]
  private let minimumTokens: Int
  private var decoder: StreamingDecoder
  private var held: [UInt8] = []
  private var new = ""
  private var isStopped = false

  /// Text at the start, or behind a prompt; stop sequences are heeded after `minimumTokens`.
  init(_ tokenizer: any TextTokenizer, isAtStart: Bool, stops: [String], minimumTokens: Int) {
    endOfText = tokenizer.endOfText
    decoder = StreamingDecoder(tokenizer, isAtStart: isAtStart)
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    self.minimumTokens = minimumTokens
  }

  /// Appends a token; whether a stop sequence is reached with it.
  func append(_ token: GeneratedToken) throws(TokenizerError) -> Bool {
    tokens.append(token)
    guard token.id != endOfText else { return false }
    held += Array(try decoder.append(token.id).utf8)
    guard tokens.count > minimumTokens else {
      release(held.count)
      return false
    }
    if let end = firstStop {
      isStopped = true
      release(end)
    } else {
      release(held.count - longestBeginning)
    }
    return isStopped
  }

  /// Releases what was held back, when no more tokens come; nothing behind a stop sequence.
  func finish() {
    guard !isStopped else { return }
    held += Array(decoder.finish().utf8)
    release(firstStop ?? held.count)
  }

  /// The text since this was asked last.
  func takeNew() -> String {
    defer { new = "" }
    return new
  }

  private func release(_ count: Int) {
    let released = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    text += released
    new += released
  }

  /// Where the first stop sequence in the held bytes begins.
  private var firstStop: Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// The length of the longest end of the held bytes that a stop sequence begins with.
  private var longestBeginning: Int {
    let start = held.indices.first { start in
      stops.contains { $0.starts(with: held[start...]) }
    }
    return start.map { held.count - $0 } ?? 0
  }
}
