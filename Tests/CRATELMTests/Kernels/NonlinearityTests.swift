import CRATELM
import Testing

@Suite struct NonlinearityTests {
  /// 8,001 numbers from −6 to 6; those of a row stand behind each other in lanes.
  private let arguments = (0...8000).map { Double(Float($0 - 4000) * 0.0015) }

  private func makeBuffer(_ values: [Double]) throws -> (Slot, Slot, Buffer) {
    var layout = Layout()
    let slots = (layout.reserve(1, values.count), layout.reserve(1, values.count))
    let buffer = try Buffer(layout)
    buffer.fill(slots.0, with: values.map(Float.init))
    return (slots.0, slots.1, buffer)
  }

  /// Far below zero GELU is the exponential of up to −36, whose rounding to single precision is
  /// 36·2⁻²⁴ = 2·10⁻⁶ of it; the tanh form itself cancels in double precision, to 10⁻¹⁵.
  @Test(arguments: Activation.allCases) func agreesWithDoublePrecision(activation: Activation)
    throws
  {
    let (x, y, buffer) = try makeBuffer(arguments)
    activation.forward(buffer[x], into: buffer[y])
    for (argument, value) in zip(arguments, buffer[y].elements) {
      let reference = Reference.activation(activation, argument)
      #expect(abs(Double(value) - reference) <= 4e-6 * abs(reference) + 1e-15, "\(argument)")
    }
  }

  /// The largest error is that of the tanh form at 6: there 1 − Φ, rounded to 2⁻²⁴, is multiplied
  /// by x and the slope 9.3 of the argument, which makes 3·10⁻⁶.
  @Test(arguments: Activation.allCases) func derivativesAreCentralDifferences(
    activation: Activation
  ) throws {
    let points = arguments.filter { $0 != 0 }
    let (x, gradient, buffer) = try makeBuffer(points)
    buffer[gradient][0].fill(-1)
    activation.backward(buffer[x], buffer[gradient])
    for (argument, value) in zip(points, buffer[gradient].elements) {
      let step = 1e-5
      let slope =
        (Reference.activation(activation, argument + step)
          - Reference.activation(activation, argument - step)) / (2 * step)
      #expect(abs(Double(value) + slope) < 4e-6, "\(argument)")
    }
  }

  /// Numbers that are none stay so, for a run that has diverged to be found.
  ///
  /// Far from zero all are the line or nothing, as near as the smallest exponential is to it; ReLU
  /// has no slope at 0.
  @Test(arguments: Activation.allCases) func extremes(activation: Activation) throws {
    let (x, y, buffer) = try makeBuffer([.nan, 1e4, -1e4, 0])
    func expect(_ values: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
      for (found, value) in zip(buffer[y].elements.dropFirst(), values) {
        #expect(abs(found - value) < 1e-25, sourceLocation: sourceLocation)
      }
    }
    activation.forward(buffer[x], into: buffer[y])
    #expect(buffer[y][0][0].isNaN)
    expect([1e4, 0, 0])
    buffer[y][0].fill(1)
    activation.backward(buffer[x], buffer[y])
    expect([1, 0, activation == .relu ? 0 : 0.5])
  }
}
