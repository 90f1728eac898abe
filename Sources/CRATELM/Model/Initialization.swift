extension Tensor {
  /// Fills the tensor's slot of `buffer` from its initial distribution.
  func initialize(_ buffer: Buffer, generator: SplitMix64) {
    var generator = generator
    let matrix = buffer[slot]
    for row in 0..<matrix.rows {
      let values = matrix[row]
      switch initialization {
      case .zeros: values.fill(0)
      case .ones: values.fill(1)
      case .normal(let deviation):
        for index in 0..<values.count {
          values[index] = Float(generator.gaussian()) * deviation
        }
      case .uniform(let bound):
        for index in 0..<values.count {
          values[index] = (2 * generator.uniformFloat() - 1) * bound
        }
      }
    }
  }
}
