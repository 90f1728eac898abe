package import Storage

extension SafeTensorsReader: TensorSource {
  /// The tensors in the order of their data.
  package var tensors: [StoredTensor] { header.entries.map(\.tensor) }

  /// The elements of the tensor called `name` as single-precision numbers.
  package func floats(of name: String) throws -> [Float] {
    guard let entry = entry(named: name) else {
      throw Damage(path, reason: "it holds no tensor '\(name)'")
    }
    return try floats(of: entry)
  }
}
