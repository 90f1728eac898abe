/// A matrix of weights that products read, by its place.
///
/// Networks of one model number their weights alike, so that a number selects a weight in
/// ``PackedWeights`` too.
struct Weight: Sendable {
  /// Where the single-precision values are.
  enum Source: Sendable {
    case parameters, folded
  }

  /// What lies together in memory when weights are packed.
  enum Packing: Sendable {
    /// The rows, as in single precision.
    case rows
    /// The rows, in single precision: used only until a weight is folded that takes its place.
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

  let number: Int
  let slot: Slot
  let source: Source
  let packing: Packing
  /// The LayerNorm between what is sparse and the product, if there is one.
  let norm: TokenNorm?
}

extension Plan {
  /// Reserves a matrix of weights among the parameters.
  mutating func weight(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization,
    packing: Weight.Packing = .rows, behind norm: TokenNorm? = nil
  ) -> Weight {
    weight(
      at: parameters.matrix(name, rows, columns, initialization), of: .parameters,
      packing: packing, behind: norm)
  }

  /// Reserves a matrix of weights that is folded from the parameters.
  mutating func foldedWeight(_ rows: Int, _ columns: Int) -> Weight {
    weight(at: folded.reserve(rows, columns), of: .folded, packing: .outputs)
  }

  /// Makes a matrix that has its place a weight of products.
  mutating func weight(
    at slot: Slot, of source: Weight.Source, packing: Weight.Packing = .rows,
    behind norm: TokenNorm? = nil
  ) -> Weight {
    let weight = Weight(
      number: weights.count, slot: slot, source: source, packing: packing, norm: norm)
    weights.append(weight)
    return weight
  }
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
