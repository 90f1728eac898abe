// swift-format-ignore-file: AlwaysUseLowerCamelCase
// E  [vocabulary, width]  token embedding      Q  [positions, width]  position embedding
// x_t = E[id_t] + Q[first + t]

extension Reference {
  /// The stream of one sequence before the first layer, `[tokens, width]`.
  ///
  /// Positions are learned, as in GPT-2 and BERT: a sequence is at most as long as `Q`. The first
  /// token of RoBERTa has the position 2.
  package static func embedding(
    _ ids: [Int32], tokens E: Rows, positions Q: Rows, firstPosition: Int = 0
  ) -> Rows {
    ids.enumerated().map { t, id in
      zip(E[Int(id)], Q[firstPosition + t]).map { $0 + $1 }
    }
  }
}
