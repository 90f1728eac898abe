// swift-format-ignore-file: AlwaysUseLowerCamelCase
// F, Y, skip  [width] or [tokens, width]      P  the rate

import CKernels

/// The units that dropout sets to zero, `F/(1 − P)` remaining of the others (Srivastava and others
/// 2014, in its inverted form).
///
/// Seed, sequence, place in the model, token and unit alone decide, so a choice is never stored: the
/// backward pass draws it again. Each unit has a draw of 16 bits and is dropped if it lies below
/// `P·2¹⁶`, rounded: P is the nearest multiple of 2⁻¹⁶ to the rate asked for, and neither 0 nor 1.
package struct DropoutStream: Sendable {
  /// The number of draws, out of 2¹⁶, that drop a unit.
  package let threshold: UInt16
  /// `1/(1 − P)`.
  package let scale: Float
  private let stream: SplitMix64

  private static let drawCount: Float = 0x1p16

  /// The choice of a run; `nil` for a rate of 0, which drops nothing.
  ///
  /// - Parameters:
  ///   - rate: at least 0, below 1.
  ///   - seed: the seed of the run.
  package init?(rate: Float, seed: UInt64) {
    guard rate > 0 else { return nil }
    threshold = UInt16(min(max((rate * Self.drawCount).rounded(), 1), Self.drawCount - 1))
    scale = Self.drawCount / (Self.drawCount - Float(threshold))
    stream = SplitMix64(seed: seed, stream: "dropout")
  }

  /// The generator of a row: `SplitMix64(seed: seed, stream: "dropout", position, place, token)`.
  ///
  /// Output `i` has the draws of the units 4i to 4i + 3, the first in its lowest bits.
  ///
  /// - Parameters:
  ///   - position: the position of the sequence in the order of the data.
  ///   - place: the number of the place in the model.
  ///   - token: the position of the token in its sequence.
  /// - Returns: the generator at its beginning.
  func generator(position: Int, place: Int, token: Int) -> SplitMix64 {
    stream.substream(position).substream(place).substream(token)
  }

  /// `Y = F/(1 − P)`, 0 where a unit is dropped, plus `skip` if given; `Y` may be `F`.
  func drop(_ F: Row, adding skip: Row?, into Y: Row, _ generator: SplitMix64) {
    precondition(
      F.count == Y.count && skip.map { $0.count == Y.count } ?? true,
      "\(F.count) units into \(Y.count)")
    unsafe row_drop(
      DroppedRow(
        count: F.count, x: F.base, skip: skip?.base, y: Y.base, state: generator.state,
        threshold: threshold, scale: scale))
  }
}
