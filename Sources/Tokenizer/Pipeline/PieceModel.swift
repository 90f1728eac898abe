import CTokenizer

/// Makes tokens of the pieces of normalised text, on one thread.
protocol PieceModel {
  /// The tokens of `piece`, which is not empty.
  mutating func tokens(of piece: Span<UInt8>) -> [TokenID]

  /// What `body` makes of the merges that give the tokens of short pieces, as the C loops read
  /// them; they have no slots where there are none.
  func withMergeTable<Result>(_ body: (merge_table) -> Result) -> Result
}

extension PieceModel {
  func withMergeTable<Result>(_ body: (merge_table) -> Result) -> Result {
    unsafe body(merge_table())
  }
}
