/// Makes merges of how files spell their tokens.
struct MergeReader {
  private(set) var merges: [Merge] = []
  private let vocabulary: Vocabulary
  /// The bytes of one merge, kept to be used again.
  private var bytes: [UInt8] = []

  init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// Adds the merge of `left` and `right`; says whether the vocabulary has them and their result.
  mutating func append(_ left: Substring, _ right: Substring) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard ByteAlphabet.append(left, to: &bytes) else { return false }
    let middle = bytes.count
    guard ByteAlphabet.append(right, to: &bytes),
      let leftID = vocabulary.id(of: bytes.span.extracting(..<middle)),
      let rightID = vocabulary.id(of: bytes.span.extracting(middle...)),
      let result = vocabulary.id(of: bytes.span)
    else { return false }
    merges.append(Merge(left: leftID, right: rightID, result: result))
    return true
  }
}

/// Finds the merges behind a vocabulary whose ids are ranks, as tiktoken's are.
///
/// tiktoken merges the neighbours whose bytes together are the token of the lowest rank. Of a
/// vocabulary that was learned by merging, each token comes about in one way only: by the last
/// two parts that the tokens before it leave of its bytes.
struct RankedMerges {
  private(set) var merges: [Merge] = []
  /// Whether merging does not make every token: the others are found as whole pieces only.
  private(set) var isIncomplete = false

  /// The merges of `vocabulary`, in which `byteIDs` are the tokens of the bytes.
  init(_ vocabulary: Vocabulary, byteIDs: [TokenID]) {
    var merger = PieceMerger(
      merges: MergeTable(capacity: vocabulary.count), byteIDs: byteIDs)
    for id in 0..<TokenID(vocabulary.size) {
      guard let bytes = vocabulary.bytes(of: id), bytes.count > 1 else { continue }
      let parts = merger.tokens(of: bytes.span)
      guard parts.count == 2 else {
        isIncomplete = true
        continue
      }
      let merge = Merge(left: parts[0], right: parts[1], result: id)
      merger.insert(merge, rank: merges.count)
      merges.append(merge)
    }
  }
}
