/// The tokens between the texts that a model learnt from.
public struct TextBounds: Codable, Hashable, Sendable {
  /// The id after which a text begins, which a causal model reads in place of an empty context;
  /// `nil` if there is none.
  public var beginning: Int32?
  /// The ids that end a text, the one that stands between documents first; empty if nothing does.
  public var ends: [Int32]

  /// Texts that begin after `beginning` and end with any of `ends`.
  public init(beginning: Int32?, ends: [Int32]) {
    (self.beginning, self.ends) = (beginning, ends)
  }

  /// The bounds of packed documents, each of which is followed by `end`: the next one begins after
  /// it.
  public init(between end: Int32?) {
    self.init(beginning: end, ends: end.map { [$0] } ?? [])
  }

  /// The id between documents; `nil` if they follow each other without a mark.
  public var end: Int32? { ends.first }

  /// Whether all ids lie in `0 ..< vocabularySize`.
  package func fits(vocabularySize: Int) -> Bool {
    ([beginning].compactMap(\.self) + ends).allSatisfy { 0..<vocabularySize ~= Int($0) }
  }
}
