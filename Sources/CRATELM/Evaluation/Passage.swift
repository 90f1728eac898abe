/// Tokens that a model sees together, some of them to be scored.
public struct Passage: Hashable, Sendable {
  /// The tokens, without the special tokens of a masked model's sequence.
  public var ids: [Int32]
  /// The indices of the tokens to score, ascending; for a causal model not 0, since nothing
  /// precedes the first token.
  public var scored: [Int]

  /// A passage of `ids` that scores the tokens at the indices `scored`.
  public init(ids: [Int32], scored: [Int]) {
    self.ids = ids
    self.scored = scored
  }

  /// The passage's last `count` tokens, or all of it.
  public func suffix(_ count: Int) -> Passage {
    let dropped = max(0, ids.count - count)
    return Passage(
      ids: Array(ids.dropFirst(dropped)),
      scored: scored.lazy.filter { $0 >= dropped }.map { $0 - dropped })
  }
}

extension Objective {
  /// The most tokens of a passage: a causal model does not read the last one, and the frame of a
  /// sequence takes part of the context.
  package func longestPassage(contextLength: Int) -> Int {
    contextLength + attention.unpredictedCount - frame.tokenCount
  }
}
