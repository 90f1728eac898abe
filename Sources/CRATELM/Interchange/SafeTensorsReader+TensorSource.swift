extension SafeTensorsReader: TensorSource {
  /// The tensors in the order of their data.
  package var tensors: [StoredTensor] {
    header.entries.map { StoredTensor(name: $0.name, type: $0.type, shape: $0.shape) }
  }

  /// The elements of the tensor called `name` as single-precision numbers.
  package func floats(of name: String) throws -> [Float] {
    guard let entry = entry(named: name) else {
      throw CheckpointError.corrupt(path, reason: "it holds no tensor '\(name)'")
    }
    return entry.type.floats(in: try bytes(of: entry))
  }
}
