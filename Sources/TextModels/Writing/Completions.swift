public import CRATELM

/// A piece of a text that is being written.
public struct TextPiece: Sendable {
  /// The number of the text, counted from 0.
  public let sample: Int
  /// What the text goes on with: whole characters, none of which a stop sequence may still need.
  public let text: String
}

/// A text after a prompt.
public struct Completion: Sendable {
  /// The text, without the prompt and without a stop sequence.
  public let text: String
  /// Its tokens, those of a stop sequence and of the end of the text among them.
  public let tokens: [GeneratedToken]
  /// Why it ended; `nil` if it did not.
  public let finishReason: FinishReason?
}

/// The texts after a prompt, which are written while their pieces are asked for.
///
/// A sequence of pieces, `for try await piece in completions`, or one call of ``next()`` after the
/// other. The work is done by whoever asks.
public final class Completions: AsyncSequence {
  private let decoder: BatchDecoder
  private let forgetting: () -> Void
  private let samples: [(draft: Draft, text: StoppableText)]
  /// Pieces that nobody has asked for yet, the next one last.
  private var pieces: [TextPiece] = []
  private var isStopped = false

  init(
    _ decoder: BatchDecoder, forgetting: @escaping () -> Void,
    begin: () throws -> [(draft: Draft, text: StoppableText)]
  ) throws {
    (self.decoder, self.forgetting) = (decoder, forgetting)
    samples = try begin()
  }

  deinit { stop() }

  /// The next piece of any of the texts; `nil` when all have ended.
  ///
  /// - Throws: `OutOfMemory`; `TokenizerError` for an id without a token.
  public func next() throws -> TextPiece? {
    while pieces.isEmpty {
      let active = samples.filter { $0.draft.finishReason == nil }
      guard !active.isEmpty, !isStopped else { return nil }
      try decoder.advance(active.map(\.draft)) { [forgetting] _ in forgetting() }
      for (draft, text) in active {
        if draft.finishReason != nil { text.finish() }
        let piece = text.takeNew()
        if !piece.isEmpty { pieces.append(TextPiece(sample: draft.sample, text: piece)) }
      }
      pieces.reverse()
    }
    return pieces.popLast()
  }

  /// Writes no more; the texts stay as far as they are.
  public func stop() {
    isStopped = true
    for (draft, _) in samples { decoder.remove(draft) }
  }

  /// The texts as far as they are written.
  public var texts: [Completion] {
    samples.map { draft, text in
      Completion(text: text.text, tokens: text.tokens, finishReason: draft.finishReason)
    }
  }

  /// Asks for the pieces.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let completions: Completions

    /// The next piece of any of the texts; `nil` when all have ended.
    public mutating func next() async throws -> TextPiece? { try completions.next() }
  }

  /// An iterator; all of them take from the same pieces.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(completions: self) }
}
