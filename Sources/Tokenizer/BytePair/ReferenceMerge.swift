/// Byte pair encoding as it is defined, without anything that makes it fast.
///
/// The definition is that of Sennrich and others (2016, arXiv:1508.07909).
///
/// To learn, count the pairs of neighbours in all words, make a new token of the most frequent
/// pair, put it in the pair's place everywhere, and begin again. Of the words "hug" (10 times),
/// "pug" (5), "pun" (12), "bun" (4) and "hugs" (5):
///
///     the most frequent pairs          token   words
///                                              h·u·g  p·u·g  p·u·n  b·u·n  h·u·g·s
///     u·g 20   p·u 17   u·n 16  …      ug      h·ug   p·ug   p·u·n  b·u·n  h·ug·s
///     u·n 16   h·ug 15  p·u 12  …      un      h·ug   p·ug   p·un   b·un   h·ug·s
///     h·ug 15  p·un 12  p·ug 5  …      hug     hug    p·ug   p·un   b·un   hug·s
///
/// To encode, merge of all neighbours in a word those whose merge was learned first, until no
/// neighbours have a merge: "bug" is b·u·g and then b·ug; "hugs" is h·u·g·s, h·ug·s and then hug·s.
///
/// The trainers do the first with ``PairLists``, which touch only the places of a pair; encoders do
/// the second with ``PieceMerger``. Both give what this gives.
package enum ReferenceMerge {
  /// The merges that `words` teach, in order, as long as there are `limit` at most; the first
  /// makes the token `next`.
  ///
  /// Overlapping pairs count, and of equally frequent ones that with the smaller ids goes first.
  package static func learn(
    _ words: [(ids: [TokenID], count: Int)], next: TokenID, limit: Int
  ) -> [Merge] {
    var (words, merges) = (words, [Merge]())
    while merges.count < limit {
      var counts: [Pair: Int] = [:]
      for word in words {
        for (left, right) in zip(word.ids, word.ids.dropFirst()) {
          counts[Pair(left, right), default: 0] += word.count
        }
      }
      guard let best = counts.min(by: { (-$0.value, $0.key) < (-$1.value, $1.key) })?.key else {
        break
      }
      let merge = Merge(
        left: best.left, right: best.right, result: next + TokenID(merges.count))
      merges.append(merge)
      words = words.map { (apply(merge, to: $0.ids), $0.count) }
    }
    return merges
  }

  /// `ids` with every occurrence of the pair of `merge`, from left to right, merged.
  package static func apply(_ merge: Merge, to ids: [TokenID]) -> [TokenID] {
    var result: [TokenID] = []
    var rest = ids[...]
    while let id = rest.popFirst() {
      if id == merge.left, rest.first == merge.right {
        rest.removeFirst()
        result.append(merge.result)
      } else {
        result.append(id)
      }
    }
    return result
  }

  /// The tokens of a word, given as those of its bytes or characters, after all of `merges`, the
  /// first of which goes first.
  package static func encode(_ ids: [TokenID], by merges: [Merge]) -> [TokenID] {
    var ids = ids
    while let merge = merges.first(where: { merge in
      zip(ids, ids.dropFirst()).contains { $0 == (merge.left, merge.right) }
    }) {
      ids = apply(merge, to: ids)
    }
    return ids
  }
}
