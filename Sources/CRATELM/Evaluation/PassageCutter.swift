/// Cuts tokens that come piece by piece into passages, and keeps no more of them than it needs.
package struct PassageCutter {
  /// Tokens seen before those that a passage scores, and the number of these.
  private struct Step {
    var context: Int
    var count: Int
  }

  /// What becomes of tokens at the end that are fewer than a step takes.
  private enum Ending {
    case dropped
    case next
    /// They are scored in a passage of this many tokens, as far as there are so many.
    case full(Int)
  }

  /// The tokens at the start of a passage that have no score.
  private let unscored: Int
  private let first: Step
  private let following: Step
  private let ending: Ending
  private let prefix: Int32?

  private var ids: [Int32] = []
  /// The place in `ids` of the first token that no passage has scored.
  private var next = 0
  private var step: Step

  /// - Parameters:
  ///   - evaluationProtocol: how to cut.
  ///   - objective: that of the model.
  ///   - contextLength: T, of a masked model with the two tokens around a sequence.
  ///   - prefix: what a causal model reads before a document; for
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
      // The window counts the tokens read, of which the last predicts nothing.
      let window = longest - unscored
      first = Step(context: unscored, count: window - unscored)
      (following, ending) = (Step(context: window - stride, count: stride), .next)
    }
    precondition(
      first.count > 0 && following.count > 0 && following.context >= 0,
      "no window of \(contextLength) tokens for \(evaluationProtocol)")
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

  /// Calls `body` with what is left and begins anew.
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

  /// Forgets the tokens that no later passage sees.
  private mutating func discard() {
    var kept = max(step.context, 1)
    if case .full(let count) = ending { kept = max(kept, count) }
    let dropped = next - kept
    guard dropped > kept else { return }
    ids.removeFirst(dropped)
    next -= dropped
  }
}
