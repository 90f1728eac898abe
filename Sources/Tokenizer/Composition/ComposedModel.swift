/// How the pieces of a ``ComposedTokenizer`` become tokens.
enum ComposedModel: Sendable {
  /// Merges of spelled tokens, in the order of their ranks.
  case bytePair([Merge], MergeTable, BytePairRules)
  /// The longest piece first.
  case wordPiece(PieceTrie, unknownID: TokenID, WordPieceTokenizer.Rules)
}

/// A ``ComposedModel`` at work on one thread: one of the two.
struct ComposedMatcher: PieceModel {
  private var merger: SpelledMerger?
  private var matcher: WordMatcher?

  init(_ merger: SpelledMerger) { self.merger = merger }

  init(_ matcher: WordMatcher) { self.matcher = matcher }

  mutating func tokens(of piece: Span<UInt8>) -> [TokenID] {
    merger?.tokens(of: piece) ?? matcher?.tokens(of: piece) ?? []
  }

  /// The tokens of `piece`, not empty, and how many of its bytes each is said to stand for.
  mutating func located(_ piece: Span<UInt8>) -> [(id: TokenID, length: Int)] {
    merger?.located(piece) ?? matcher?.located(piece) ?? []
  }
}
