// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]  residual      F  [tokens, d]  result of a map      m  [tokens, d]  1 where kept
// Y = X + m ∘ F/(1 − P)         dX = dY         dF = m ∘ dY/(1 − P)

/// Dropout of the result of a map at one place of a model, before a residual is added.
///
/// Only a training pass with dropout drops; to any other it does nothing. Attention weights are
/// never dropped.
struct Dropout: Sendable {
  /// The number of the place, counted from 0 in the order of the pass.
  private let place: Int

  /// What one pass drops.
  struct Draws: Sendable {
    let stream: DropoutStream
    /// The positions of the batch's sequences in the order of the data.
    let positions: [Int]
  }

  init(_ declarations: inout Declarations) { place = declarations.countDropout() }

  /// The residual for the map itself to add: none if ``forward(_:_:residual:rows:)`` adds it.
  func residual(_ pass: Pass, _ X: Matrix?) -> Matrix? { pass.dropout == nil ? X : nil }

  /// Turns `F` into `m ∘ F/(1 − P)`, plus `residual` if given, in `rows`.
  func forward(_ pass: Pass, _ F: Matrix, residual: Matrix? = nil, rows: Range<Int>) {
    drop(pass, F, adding: residual, into: F, rows: rows)
  }

  /// The matrix for `dF`: `dY` itself if nothing is dropped, or else `other`.
  func gradient(_ pass: Pass, of dY: Matrix, orIn other: Matrix) -> Matrix {
    pass.dropout == nil ? dY : other
  }

  /// `dF = m ∘ dY/(1 − P)` in `rows`; `dF` may be `dY`.
  func backward(_ pass: Pass, _ dY: Matrix, into dF: Matrix, rows: Range<Int>) {
    drop(pass, dY, adding: nil, into: dF, rows: rows)
  }

  /// Turns `dY` into `dY/(1 − P)`, where it is 0 already for all units that were dropped.
  func scaleBackward(_ pass: Pass, _ dY: Matrix) {
    guard let draws = pass.dropout else { return }
    for row in 0..<dY.rows { dY[row].scale(by: draws.stream.scale) }
  }

  private func drop(
    _ pass: Pass, _ F: Matrix, adding skip: Matrix?, into Y: Matrix, rows: Range<Int>
  ) {
    guard let draws = pass.dropout else { return }
    for row in rows {
      let (sequence, token) = row.quotientAndRemainder(dividingBy: pass.shape.context)
      draws.stream.drop(
        F[row], adding: skip?[row], into: Y[row],
        draws.stream.generator(
          position: draws.positions[sequence], place: place, token: token))
    }
  }
}
