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
    /// The columns, which are the inputs: where many of them are exactly zero, their weights are not
    /// read.
    case sparseInputs
    /// The columns, which are the outputs: inner products read memory from one end to the other.
    case outputs

    var isTransposed: Bool { self != .rows }
  }

  let number: Int
  let slot: Slot
  let source: Source
  let packing: Packing
  /// Scratch for combinations of rows.
  let parts: Slot
}

extension Plan {
  /// Reserves a matrix of weights among the parameters.
  mutating func weight(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization
  ) -> Weight {
    weight(at: parameters.matrix(name, rows, columns, initialization), of: .parameters)
  }

  /// Reserves a matrix of weights that is folded from the parameters.
  mutating func foldedWeight(_ rows: Int, _ columns: Int) -> Weight {
    weight(at: folded.reserve(rows, columns), of: .folded, packing: .outputs)
  }

  /// Makes a matrix that has its place a weight of products.
  mutating func weight(
    at slot: Slot, of source: Weight.Source, packing: Weight.Packing = .rows
  ) -> Weight {
    // As they are, the rows of a folded weight are combined, packed those of sparse inputs.
    let (rows, columns) =
      packing == .sparseInputs ? (slot.columns, slot.rows) : (slot.rows, slot.columns)
    let partCount = VectorProduct.partCount(rows: rows, columns: columns)
    let weight = Weight(
      number: weights.count, slot: slot, source: source, packing: packing,
      parts: scratch.reserve(partCount, columns))
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
