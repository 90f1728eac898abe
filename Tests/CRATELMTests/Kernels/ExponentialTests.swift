import CRATELM
import Glibc
import Testing

@Suite struct ExponentialTests {
  /// The bound that the kernel promises, over its whole range.
  @Test func relativeErrorIsBelowItsBound() throws {
    let count = 175_000
    let buffer = try Buffer(count: count)
    let arguments = (0..<count).map { -87 + Float($0) * 0.001 }
    for (index, x) in arguments.enumerated() { buffer.all[index] = x }
    _ = buffer.all.exponentiate(minus: 0)
    var worst = 0.0
    for (index, x) in arguments.enumerated() {
      let reference = exp(Double(x))
      worst = max(worst, abs(Double(buffer.all[index]) - reference) / reference)
    }
    #expect(worst < 2e-7)
  }

  @Test(arguments: [1, 31, 64, 1000]) func sumsAreThoseOfTheResults(count: Int) throws {
    let buffer = try Buffer(count: count)
    for index in 0..<count { buffer.all[index] = Float(index % 13) - 6 }
    let expected = (0..<count).reduce(0) { $0 + exp(Double($1 % 13) - 7) }
    #expect(abs(Double(buffer.all.sumOfExponentials(minus: 1)) - expected) < 1e-6 * expected)
    #expect(abs(Double(buffer.all.exponentiate(minus: 1)) - expected) < 1e-6 * expected)
  }

  @Test(arguments: [1, 31, 32, 33, 100]) func maximumIsFound(count: Int) throws {
    let buffer = try Buffer(count: count)
    for place in 0..<count {
      for index in 0..<count { buffer.all[index] = -3 - Float(index) }
      buffer.all[place] = -1
      #expect(buffer.all.maximum == -1)
    }
  }
}
