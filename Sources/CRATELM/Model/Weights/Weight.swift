/// A matrix of weights that products read, by its place in the blueprint of its model.
struct Weight: Sendable {
  /// Where the single-precision values are.
  enum Source: Sendable {
    case parameters, folded
  }

  /// What lies together in memory when weights are packed.
  enum Packing: Sendable {
    /// The rows, as in single precision.
    case rows
    /// Not packed: read only until `fold` has computed its replacement.
    case none
    /// The columns, which are the inputs: where many of them are exactly zero, their weights are not
    /// read.
    case sparseInputs
    /// The columns, which are the outputs: inner products read memory from one end to the other.
    case outputs

    var isTransposed: Bool {
      switch self {
      case .none, .rows: false
      case .sparseInputs, .outputs: true
      }
    }
  }

  /// Its index in ``Declarations/weights``.
  let number: Int
  let slot: Slot
  let source: Source
  let packing: Packing
  /// The LayerNorm between what is sparse and the product, if there is one.
  let norm: TokenNorm?
}

extension Parameters {
  /// The values of `weight` in single precision.
  subscript(weight: Weight) -> Matrix {
    switch weight.source {
    case .parameters: values[weight.slot]
    case .folded: folded[weight.slot]
    }
  }
}
