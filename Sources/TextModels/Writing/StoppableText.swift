import CRATELM
import Tokenizer

/// A text that is decoded token by token and ends before the first of several stop sequences.
///
/// Bytes that may begin a stop sequence are held back until they cannot any more.
final class StoppableText {
  /// All text so far, without the stop sequence.
  private(set) var text = ""
  /// The tokens so far.
  private(set) var tokens: [GeneratedToken] = []

  private let ends: [TokenID]
  private let stops: [[UInt8]]
  private let minimumTokens: Int
  private var decoder: StreamingDecoder
  private var held: [UInt8] = []
  private var new = ""
  private var isStopped = false

  /// A text of `model` at the start or after a prompt; stop sequences count only after
  /// `minimumTokens`.
  init(_ model: TextModel, isAtStart: Bool, stops: [String], minimumTokens: Int) {
    ends = model.textBounds.ends
    decoder = StreamingDecoder(model.tokenizer, isAtStart: isAtStart)
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    self.minimumTokens = minimumTokens
  }

  /// Appends a token and returns whether it completes a stop sequence.
  func append(_ token: GeneratedToken) throws(TokenizerError) -> Bool {
    tokens.append(token)
    guard !ends.contains(token.id) else { return false }
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

  /// Releases the bytes held back, after the last token; none after a stop sequence.
  func finish() {
    guard !isStopped else { return }
    isStopped = true
    held += Array(decoder.finish().utf8)
    release(firstStop ?? held.count)
  }

  /// The text added since the last call.
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

  /// The offset of the first stop sequence in the held bytes.
  private var firstStop: Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// The length of the longest suffix of the held bytes that begins a stop sequence.
  private var longestBeginning: Int {
    let start = held.indices.first { start in
      stops.contains { $0.starts(with: held[start...]) }
    }
    return start.map { held.count - $0 } ?? 0
  }
}
