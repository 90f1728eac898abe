import Storage

/// Cuts tokens that come piece by piece into passages, and keeps no more tokens than it needs.
package struct PassageCutter {
  /// The scored tokens of a passage, and the tokens seen before them.
  private struct Step {
    var context: Int
    var count: Int
  }

  /// The treatment of tokens at the end that are too few for a step.
  private enum Ending {
    /// They have no score.
    case dropped
    /// A shorter step scores them.
    case next
    /// A passage of the last so many tokens, or of all, scores them.
    case full(Int)
  }

  /// The number of tokens at the start of a passage without a score.
  private let unscored: Int
  private let first: Step
  private let following: Step
  private let ending: Ending
  private let prefix: Int32?

  private var ids: [Int32] = []
  /// The index in `ids` of the first token that no passage has scored.
  private var next = 0
  private var step: Step

  /// - Parameters:
  ///   - evaluationProtocol: the protocol.
  ///   - objective: the model's objective.
  ///   - contextLength: the context, for a masked model with the two special tokens of a sequence.
  ///   - prefix: the token that a causal model reads before a document, for
  ///     ``EvaluationProtocol/document`` only.
  package init(
    _ evaluationProtocol: EvaluationProtocol, objective: Objective, contextLength: Int,
    prefix: Int32?
  ) {
    let longest = objective.longestPassage(contextLength: contextLength)
    unscored = objective.attention.unpredictedCount
    let whole = Step(context: unscored, count: longest - unscored)
    switch evaluationProtocol {
    case .document: (first, following, ending) = (whole, whole, .full(longest))
    case .chunk:
      (first, following) = (whole, whole)
      ending = unscored > 0 ? .dropped : .next
    case .sliding(let stride):
      // The window counts the tokens read; the last of them predicts nothing.
      let window = longest - unscored
      first = Step(context: unscored, count: window - unscored)
      (following, ending) = (Step(context: window - stride, count: stride), .next)
    }
    precondition(
      first.count > 0 && following.count > 0 && following.context >= 0,
      "no window of \(contextLength.counting("token")) for \(evaluationProtocol)")
    self.prefix = unscored > 0 && evaluationProtocol == .document ? prefix : nil
    step = first
    restart()
  }

  /// Adds the next tokens and calls `body` with the passages that they complete.
  package mutating func append(
    _ more: some Sequence<Int32>, _ body: (Passage) throws -> Void
  ) rethrows {
    ids += more
    while ids.count - next >= step.count {
      try emit(from: next - step.context, to: next + step.count, body)
      step = following
    }
    discard()
  }

  /// Calls `body` with the last passages and begins anew.
  package mutating func finish(_ body: (Passage) throws -> Void) rethrows {
    if next < ids.count {
      switch ending {
      case .dropped: break
      case .next: try emit(from: next - step.context, to: ids.count, body)
      case .full(let count): try emit(from: max(0, ids.count - count), to: ids.count, body)
      }
    }
    ids.removeAll(keepingCapacity: true)
    restart()
  }

  private mutating func restart() {
    if let prefix { ids.append(prefix) }
    next = unscored
    step = first
  }

  private mutating func emit(
    from start: Int, to end: Int, _ body: (Passage) throws -> Void
  ) rethrows {
    let scored = max(next - start, unscored)..<max(end - start, unscored)
    try body(Passage(ids: Array(ids[start..<end]), scored: Array(scored)))
    next = end
  }

  /// Removes the tokens that no later passage sees.
  private mutating func discard() {
    var kept = max(step.context, 1)
    if case .full(let count) = ending { kept = max(kept, count) }
    let dropped = next - kept
    guard dropped > kept else { return }
    ids.removeFirst(dropped)
    next -= dropped
  }
}
