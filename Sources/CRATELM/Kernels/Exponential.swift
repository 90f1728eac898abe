/// `eˣ` in each of sixteen lanes.
///
/// `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2`; `eʳ` is Cephes' polynomial of degree six (Moshier,
/// `expf.c`) and `2ⁿ` is added to the exponent bits. The relative error is below 2·10⁻⁷ for `x` in
/// [−87, 88]; smaller `x` give 1.2·10⁻³⁸, the smallest normal number, larger ones `e⁸⁸`.
@inline(__always)
func exponential(_ x: SIMD16<Float>) -> SIMD16<Float> {
  // 1.5 · 2²³: adding it rounds to an integer, which is then found in the low bits.
  let shifter: Float = 12_582_912
  let clamped = x.clamped(
    lowerBound: SIMD16(repeating: -87.336_54), upperBound: SIMD16(repeating: 88))
  let shifted = clamped * 1.442_695_04 + shifter
  let n = shifted - shifter
  let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4
  var p = r * 1.987_569_1e-4 + 1.398_199_9e-3
  p = p * r + 8.333_452e-3
  p = p * r + 4.166_579_6e-2
  p = p * r + 1.666_666_5e-1
  p = p * r + 0.5
  p = p * (r * r) + r + 1
  let exponent = unsafe unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23
  return unsafe unsafeBitCast(
    unsafeBitCast(p, to: SIMD16<UInt32>.self) &+ exponent, to: SIMD16<Float>.self)
}
