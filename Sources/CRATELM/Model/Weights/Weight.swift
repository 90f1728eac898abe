/// A matrix that is a factor of products: a slot and a form of packing.
struct Weight: Sendable {
  /// The home of the single-precision values.
  enum Source: Sendable {
    case parameters, folded
  }

  /// The vectors that packed weights keep contiguous in memory.
  enum Packing: Sendable {
    /// The rows, as in single precision.
    case rows
    /// Not packed: read only until `fold` has computed its replacement.
    case none
    /// The columns, one for each input: weights of inputs that are exactly zero are not read.
    case sparseInputs
    /// The columns, one for each output: inner products read memory from one end to the other.
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
  /// The LayerNorm between a sparse stream and the product, if any.
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
