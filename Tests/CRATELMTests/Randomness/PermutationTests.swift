import CRATELM
import Testing

@Suite struct PermutationTests {
  @Test(arguments: Array(1...70) + [255, 256, 257, 1000, 4096, 65_537])
  func everyNumberOnce(_ count: Int) {
    let permutation = Permutation(count: count, generator: SplitMix64(seed: UInt64(count)))
    #expect((0..<count).map { permutation[$0] }.sorted() == Array(0..<count))
  }

  @Test func seedsGiveDifferentOrders() {
    let orders = (0..<20 as Range<UInt64>).map { seed in
      let permutation = Permutation(count: 50, generator: SplitMix64(seed: seed))
      return (0..<50).map { permutation[$0] }
    }
    #expect(Set(orders).count == orders.count)
  }

  /// Every place sees every number about equally often over many seeds.
  @Test func placesAreUniform() {
    let (count, seeds) = (10, 20_000)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for seed in 0..<seeds {
      let permutation = Permutation(
        count: count, generator: SplitMix64(seed: 1, stream: "uniform", seed))
      for place in 0..<count { counts[place][permutation[place]] += 1 }
    }
    let expected = Double(seeds) / Double(count)
    for row in counts {
      let chiSquare = row.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
      // The 99.999 % point of χ² with nine degrees of freedom.
      #expect(chiSquare / expected < 39.4)
    }
  }

  @Test func hugeCounts() {
    let count = (1 << 50) + 1
    let permutation = Permutation(count: count, generator: SplitMix64(seed: 9))
    let numbers = (0..<1000).map { permutation[$0] }
    #expect(Set(numbers).count == 1000)
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < count })
  }
}
