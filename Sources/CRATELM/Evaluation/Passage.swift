/// Tokens that a model sees together, and those of them that are scored.
public struct Passage: Hashable, Sendable {
  /// The tokens, without those that begin and end a sequence of a masked model.
  public var ids: [Int32]
  /// The places of the tokens to be scored, ascending; of a causal model not the first, which
  /// nothing precedes.
  public var scored: [Int]

  /// The tokens `ids`, of which those at the places `scored` are scored.
  public init(ids: [Int32], scored: [Int]) {
    self.ids = ids
    self.scored = scored
  }

  /// The last `count` tokens, or all.
  public func suffix(_ count: Int) -> Passage {
    let dropped = max(0, ids.count - count)
    return Passage(
      ids: Array(ids.dropFirst(dropped)),
      scored: scored.lazy.filter { $0 >= dropped }.map { $0 - dropped })
  }
}

extension Objective {
  /// The most tokens of a passage: if each is predicted from those before it, the last is not read;
  /// the frame of a sequence takes places.
  package func longestPassage(contextLength: Int) -> Int {
    contextLength + attention.unpredictedCount - frame.tokenCount
  }
}
