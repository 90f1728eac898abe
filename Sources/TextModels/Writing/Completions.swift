public import CRATELM

/// A piece of a text that is being written.
public struct TextPiece: Sendable {
  /// The index of the text, from 0.
  public let sample: Int
  /// The next whole characters, none of which can still belong to a stop sequence.
  public let text: String
}

/// A text after a prompt.
public struct Completion: Sendable {
  /// The text, without the prompt and without a stop sequence.
  public let text: String
  /// Its tokens, including those of a stop sequence and of the end of the text.
  public let tokens: [GeneratedToken]
  /// The reason why it ended; `nil` if it has not.
  public let finishReason: FinishReason?
}

/// Texts after a prompt, written while their pieces are asked for.
///
/// Loop over the pieces, `for try await piece in completions`, or call ``next()`` again and again.
/// The caller's thread does the work.
public final class Completions: AsyncSequence {
  private let decoder: BatchDecoder
  private let forgetting: () -> Void
  private let samples: [(draft: Draft, text: StoppableText)]
  /// Pieces not yet asked for, the next one last.
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
      let active = isStopped ? [] : samples.filter { $0.draft.finishReason == nil }
      defer { takePieces() }
      guard !active.isEmpty else { break }
      try decoder.advance(active.map(\.draft)) { [forgetting] _ in forgetting() }
    }
    return pieces.popLast()
  }

  /// Takes what is new of every text; one that has ended gives up what it held back.
  private func takePieces() {
    for (draft, text) in samples.reversed() {
      if isStopped || draft.finishReason != nil { text.finish() }
      let piece = text.takeNew()
      if !piece.isEmpty { pieces.append(TextPiece(sample: draft.sample, text: piece)) }
    }
  }

  /// Stops writing; the texts so far remain, with what was held back for a stop sequence.
  public func stop() {
    isStopped = true
    for (draft, text) in samples {
      decoder.remove(draft)
      text.finish()
    }
  }

  /// The texts so far.
  public var texts: [Completion] {
    samples.map { draft, text in
      Completion(text: text.text, tokens: text.tokens, finishReason: draft.finishReason)
    }
  }

  /// An iterator over the pieces.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let completions: Completions

    /// The next piece of any of the texts; `nil` when all have ended.
    ///
    /// - Throws: `CancellationError` if the task is cancelled; as ``Completions/next()``.
    public mutating func next() async throws -> TextPiece? {
      try await next(isolation: #isolation)
    }

    /// The next piece; the caller's actor does the work.
    ///
    /// - Throws: as ``next()``.
    public mutating func next(isolation: isolated (any Actor)?) async throws -> TextPiece? {
      try Task.checkCancellation()
      return try completions.next()
    }
  }

  /// An iterator; all iterators share the pieces.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(completions: self) }
}
