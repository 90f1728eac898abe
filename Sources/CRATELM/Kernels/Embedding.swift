// swift-format-ignore-file: AlwaysUseLowerCamelCase
// E  [vocabulary, width]  token embedding      Q  [context, width]  position embedding
// X  [sequences · context, width]              x_bt = E[id_bt] + Q[t]

/// Learned embeddings of tokens and their positions.
package enum Embedding {
  /// `X = E[ids] + Q[position(row)]` in `rows`; every id and position has a row in its table.
  package static func forward(
    _ ids: Span<Int32>, rows: Range<Int>, tokens E: Matrix, positions Q: Matrix,
    position: (_ row: Int) -> Int, into X: Matrix
  ) {
    for row in rows {
      Reductions.sum(E[Int(ids[row])], Q[position(row)], into: X[row])
    }
  }

  /// Adds the rows of `dX` to the embeddings of their tokens and positions.
  ///
  /// Callers cut the width, not the rows, into tasks: the gradients of a repeated token are added
  /// in the order of its rows.
  package static func backward(
    _ ids: Span<Int32>, _ dX: Matrix, tokens dE: Matrix, positions dQ: Matrix, context: Int
  ) {
    for row in 0..<dX.rows {
      Reductions.add(dX[row], to: dE[Int(ids[row])])
      Reductions.add(dX[row], to: dQ[row % context])
    }
  }
}
