// swift-format-ignore-file: AlwaysUseLowerCamelCase
// W  [rows, columns]  a weight in single precision
// Q  W or Wᵀ in a format; int8 has one scale for each output, or for each row if products read the
//    matrix in both directions

import Parallel

/// The weights of a model in the format and layout for inference.
final class StoredWeights: Sendable {
  let format: NumberFormat
  private let places: [Place]
  private let buffer: Buffer

  /// The slots of a weight.
  private struct Place {
    let elements: Slot
    let scales: Slot
    let packing: Weight.Packing
    /// The products of the weight with gain and bias of the norm in front, `[2, outputs]`.
    let normOutputs: Slot
  }

  /// The rows of W, or of Wᵀ, that one task rounds and transposes.
  private static let rowsPerTask = 64

  /// Packs the weights of a blueprint; in single precision only those packed transposed.
  init(
    _ weights: [Weight], of parameters: Parameters, format: NumberFormat, workers: Workers
  ) throws(OutOfMemory) {
    self.format = format
    var layout = Layout()
    places = weights.map { weight in
      let isPacked =
        weight.packing != .none && (format != .fp32 || weight.packing.isTransposed)
      let (rows, columns) = (weight.slot.rows, weight.slot.columns)
      let count = StoredMatrix.floatCount(format, rows: rows, columns: columns)
      let scaleCount = weight.packing == .outputs ? columns : rows
      return Place(
        elements: layout.reserve(1, isPacked ? count : 0),
        scales: layout.reserve(1, isPacked && format == .int8 ? scaleCount : 0),
        packing: weight.packing,
        normOutputs: layout.reserve(isPacked && weight.norm != nil ? 2 : 0, rows))
    }
    buffer = try Buffer(layout)
    for weight in weights where places[weight.number].elements.count > 0 {
      let place = places[weight.number]
      pack(parameters[weight], to: place, workers: workers)
      guard let norm = weight.norm else { continue }
      // With the rounded weights, so that x·Wᵀ and its parts agree; they are packed transposed.
      let Q = matrix(place, rows: weight.slot.rows, columns: weight.slot.columns)
      let product = VectorProduct(workers: workers, traffic: nil)
      for (index, vector) in [norm.gain, norm.bias].enumerated() {
        product.multiply(
          parameters.values[vector], Q, into: buffer[place.normOutputs].rows(index..<index + 1),
          alpha: 1, beta: 0)
      }
    }
  }

  /// The packed form of `weight`, and whether that is its transpose; `nil` if it is not packed.
  subscript(weight: Weight) -> (matrix: StoredMatrix, isTransposed: Bool)? {
    let place = places[weight.number]
    guard place.elements.count > 0 else { return nil }
    let (rows, columns) = (weight.slot.rows, weight.slot.columns)
    return (matrix(place, rows: rows, columns: columns), place.packing.isTransposed)
  }

  /// The transpose of `weight`, and its products with the norm's gain and bias; `nil` if it is not
  /// packed behind a norm.
  func normed(_ weight: Weight) -> (matrix: StoredMatrix, ofGain: Row, ofBias: Row)? {
    let outputs = buffer[places[weight.number].normOutputs]
    guard outputs.rows > 0, let (matrix, _) = self[weight] else { return nil }
    return (matrix, outputs[0], outputs[1])
  }

  private func matrix(_ place: Place, rows: Int, columns: Int) -> StoredMatrix {
    let scales = place.scales.count > 0 ? buffer[place.scales][0] : nil
    let storage = buffer[place.elements][0]
    return switch place.packing {
    case .none, .rows:
      StoredMatrix(format, rows: rows, columns: columns, in: storage, rowScales: scales)
    case .outputs:
      StoredMatrix(format, rows: columns, columns: rows, in: storage, rowScales: scales)
    case .sparseInputs:
      StoredMatrix(format, rows: columns, columns: rows, in: storage, columnScales: scales)
    }
  }

  private func pack(_ W: Matrix, to place: Place, workers: Workers) {
    let Q = matrix(place, rows: W.rows, columns: W.columns)
    let scales = buffer[place.scales][0]
    @Sendable func round(_ row: Row, into target: StoredMatrix, _ targetRow: Int, scale: Int) {
      let value = target.round(row, toRow: targetRow)
      if scales.count > 0 { scales[scale] = value }
    }
    let count = place.packing == .outputs ? W.columns : W.rows
    workers.forEachBlock(of: count, by: Self.rowsPerTask) { block, _, _ in
      switch place.packing {
      case .none, .rows:
        for row in block { round(W[row], into: Q, row, scale: row) }
      case .outputs:
        StoredMatrix.withTemporary(.fp32, rows: block.count, columns: W.rows) { columns in
          columns.transpose(StoredMatrix(W.columns(block)), toColumnsFrom: 0)
          for (index, output) in block.enumerated() {
            round(columns.floats(ofRow: index), into: Q, output, scale: output)
          }
        }
      case .sparseInputs:
        StoredMatrix.withTemporary(format, rows: block.count, columns: W.columns) { rounded in
          for (index, row) in block.enumerated() {
            round(W[row], into: rounded, index, scale: row)
          }
          Q.transpose(rounded, toColumnsFrom: block.lowerBound)
        }
      }
    }
  }
}
