import CRATELM
import Glibc
import Testing

@Suite struct DistributionTests {
  @Test func uniformStaysBelowOne() {
    var generator = SplitMix64(seed: 1)
    var sum = 0.0
    let draws = 100_000
    for _ in 0..<draws {
      let number = generator.uniformDouble()
      let small = generator.uniformFloat()
      #expect(number >= 0 && number < 1 && small >= 0 && small < 1)
      sum += number
    }
    // The mean of a uniform number has deviation √(1/12 / draws).
    #expect(abs(sum / Double(draws) - 0.5) < 5 * (1 / 12 / Double(draws)).squareRoot())
  }

  @Test(arguments: [1, 2, 3, 7, 1000, Int.max])
  func integersLieBelow(_ bound: Int) {
    var generator = SplitMix64(seed: 2)
    for _ in 0..<1000 {
      let number = generator.integer(below: bound)
      #expect(number >= 0 && number < bound)
    }
  }

  @Test func integersAreEquallyLikely() {
    var generator = SplitMix64(seed: 3)
    var counts = [Int](repeating: 0, count: 6)
    let draws = 60_000
    for _ in 0..<draws { counts[generator.integer(below: 6)] += 1 }
    let expected = Double(draws) / 6
    let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    // The 99.99 % point of χ² with five degrees of freedom.
    #expect(chiSquare / expected < 25.7)
  }

  /// Mean, variance, skewness and kurtosis of the normal distribution: 0, 1, 0, 3.
  @Test func gaussianMoments() {
    var generator = SplitMix64(seed: 4)
    let pairs = 200_000
    var powers = [0.0, 0, 0, 0]
    var product = 0.0
    for _ in 0..<pairs {
      let (x, y) = generator.gaussianPair()
      product += x * y
      for number in [x, y] {
        var power = 1.0
        for index in powers.indices {
          power *= number
          powers[index] += power
        }
      }
    }
    let count = Double(2 * pairs)
    // Five deviations of each mean: these have variances 1, 2, 15 and 96 over the count.
    for (index, (moment, variance)) in [(0.0, 1.0), (1, 2), (0, 15), (3, 96)].enumerated() {
      #expect(abs(powers[index] / count - moment) < 5 * (variance / count).squareRoot())
    }
    #expect(abs(product / Double(pairs)) < 5 / Double(pairs).squareRoot())
  }

  @Test func gaussianIsTheFirstOfAPair() {
    var (one, other) = (SplitMix64(seed: 5), SplitMix64(seed: 5))
    #expect(one.gaussian() == other.gaussianPair().0)
  }

  @Test func logarithmMatchesTheCLibrary() {
    var generator = SplitMix64(seed: 6)
    let numbers =
      [1, 2, 0.5, 2.0.squareRoot(), 1e-300, 1e300, 0x1p-52, 1 - 0x1p-53, 1 + 0x1p-52]
      + (0..<10_000).map { _ in generator.uniformDouble() + 0x1p-60 }
    for x in numbers {
      let expected = log(x)
      #expect(abs(SplitMix64.logarithm(x) - expected) <= 2 * expected.ulp, "ln \(x)")
    }
  }
}
