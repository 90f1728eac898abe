import CRATELM
import Testing

@Suite struct LayerNormTests {
  /// Widths around the sixteen lanes of a step; single precision leaves errors of about 10⁻⁶.
  @Test(arguments: [1, 5, 16, 33, 100])
  func agreesWithDoublePrecision(width: Int) throws {
    var matrices = TestMatrices(seed: UInt64(width))
    let tokens = 3
    let X = matrices.random(tokens, width)
    let gain = matrices.random(1, width)
    let bias = matrices.random(1, width)
    let dY = matrices.random(tokens, width)
    let skip = matrices.random(tokens, width)
    let (Y, dX) = (matrices.zeros(tokens, width), matrices.zeros(tokens, width))
    let (mean, deviation) = (matrices.zeros(1, tokens), matrices.zeros(1, tokens))
    let (dGain, dBias) = (matrices.zeros(1, width), matrices.zeros(1, width))
    let buffer = try matrices.makeBuffer()

    LayerNorm.forward(
      buffer[X.slot], gain: buffer[gain.slot][0], bias: buffer[bias.slot][0],
      epsilon: 1e-5, into: buffer[Y], mean: buffer[mean][0], inverseDeviation: buffer[deviation][0])
    LayerNorm.backward(
      buffer[dY.slot], buffer[X.slot], gain: buffer[gain.slot][0], mean: buffer[mean][0],
      inverseDeviation: buffer[deviation][0], skip: buffer[skip.slot], into: buffer[dX],
      dGain: buffer[dGain][0], dBias: buffer[dBias][0])

    func forward(_ x: [Double], _ g: [Double], _ b: [Double]) -> Double {
      Reference.weighted(
        Reference.layerNorm(Reference.rows(x, width), gain: g, bias: b), by: dY.values)
    }
    let expected = Reference.layerNorm(
      Reference.rows(X.values, width), gain: gain.values, bias: bias.values)
    #expect(relativeError(buffer[Y].elements, Array(expected.joined())) < 1e-5)
    guard width > 1 else { return }
    let gradient = Reference.gradient(at: X.values) { forward($0, gain.values, bias.values) }
    #expect(
      relativeError(buffer[dX].elements, zip(gradient, skip.values).map { $0 + $1 }) < 1e-5)
    #expect(
      relativeError(
        buffer[dGain].elements,
        Reference.gradient(at: gain.values) { forward(X.values, $0, bias.values) }) < 1e-5)
    #expect(
      relativeError(
        buffer[dBias].elements,
        Reference.gradient(at: bias.values) { forward(X.values, gain.values, $0) }) < 1e-5)
  }
}
