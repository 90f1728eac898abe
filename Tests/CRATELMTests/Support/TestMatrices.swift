import CRATELM

/// A buffer with matrices of random numbers, for tests of kernels.
struct TestMatrices {
  private var layout = Layout()
  private var generator: SplitMix64
  private var values: [(Slot, [Double])] = []

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  /// A matrix of numbers from N(0, 1), exact in single precision.
  mutating func random(_ rows: Int, _ columns: Int) -> (slot: Slot, values: [Double]) {
    let slot = layout.reserve(rows, columns)
    let numbers = (0..<rows * columns).map { _ in Double(Float(generator.gaussian())) }
    values.append((slot, numbers))
    return (slot, numbers)
  }

  mutating func zeros(_ rows: Int, _ columns: Int) -> Slot {
    layout.reserve(rows, columns)
  }

  func makeBuffer() throws -> Buffer {
    let buffer = try Buffer(layout)
    for (slot, numbers) in values { buffer.fill(slot, with: numbers.map(Float.init)) }
    return buffer
  }
}
