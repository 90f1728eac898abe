/// A matrix or vector with a name: a parameter of a model, or an activation.
public struct NamedValues: Hashable, Sendable {
  /// Its name, such as `layers.0.ista.dictionary` or `layers.0.ista.code`.
  public let name: String
  /// The shape: `[rows, columns]`, or `[columns]` for a vector.
  public let shape: [Int]
  /// The head of attention weights, counted from 0; `nil` for anything else.
  public let head: Int?
  /// The elements, row after row.
  public let values: [Float]

  /// The elements of a row.
  ///
  /// - Precondition: the row exists.
  public subscript(row: Int) -> ArraySlice<Float> {
    let columns = shape[shape.count - 1]
    return values[row * columns..<(row + 1) * columns]
  }
}

/// Keeps the wanted activations of a pass.
final class ActivationRecorder: Instruments, @unchecked Sendable {
  let observesActivations = true
  private let isWanted: (String) -> Bool
  private var found: [NamedValues] = []
  /// P, written by the pass after it has asked for a matrix.
  private var weights: [(name: String, head: Int, buffer: Buffer, slot: Slot)] = []
  /// The first shortage of memory, if there was one.
  private var failure: OutOfMemory?

  init(_ isWanted: @escaping (String) -> Bool) { self.isWanted = isWanted }

  /// The recorded activations, attention weights last.
  ///
  /// - Throws: ``OutOfMemory`` if there was no memory for attention weights.
  func values() throws(OutOfMemory) -> [NamedValues] {
    if let failure { throw failure }
    return found
      + weights.map { weight in
        let matrix = weight.buffer[weight.slot]
        return NamedValues(
          name: weight.name, shape: [matrix.rows, matrix.columns], head: weight.head,
          values: matrix.elements)
      }
  }

  func produced(_ name: ActivationName, _ values: Matrix) {
    guard isWanted(name.description) else { return }
    found.append(
      NamedValues(
        name: name.description, shape: [values.rows, values.columns], head: nil,
        values: values.elements))
  }

  func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix? {
    var layout = Layout()
    let slot = layout.reserve(queries, keys)
    guard isWanted(name.description) else { return nil }
    do {
      let buffer = try Buffer(layout)
      weights.append((name.description, head, buffer, slot))
      return buffer[slot]
    } catch {
      failure = error
      return nil
    }
  }
}
