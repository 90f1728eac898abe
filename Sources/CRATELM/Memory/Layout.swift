/// The offset and shape of one row-major tensor in a flat buffer, in floats.
package struct Slot: Hashable, Sendable {
  package let offset: Int
  package let rows: Int
  package let columns: Int

  package var count: Int { rows * columns }
}

/// The distribution of a parameter before training.
package enum Initialization: Hashable, Sendable {
  case zeros
  case ones
  /// Independent draws from N(0, deviation²).
  case normal(deviation: Float)
  /// Independent draws from U(−bound, bound).
  case uniform(bound: Float)

  /// PyTorch's kaiming_uniform with a = 0; the published code uses it for dictionaries only.
  static func kaimingUniform(inputs: Int) -> Initialization {
    .uniform(bound: (6 / Float(inputs)).squareRoot())
  }
}

/// The place of a tensor in the model, by which it gets its optimiser.
package enum TensorRole: Hashable, Sendable {
  /// Linear maps of a layer: `count` matrices of equal shape, stacked by rows.
  case layerMatrices(count: Int)
  /// An embedding, a gain, a bias, or a matrix of the head.
  case other
}

/// One named tensor of a layout.
package struct Tensor: Hashable, Sendable {
  package let name: String
  /// The public shape: `[rows, columns]`, or `[columns]` for a vector.
  package let shape: [Int]
  package let slot: Slot
  package let initialization: Initialization
  package let role: TensorRole

  /// Whether weight decay applies: to matrices, not to vectors (gains and biases).
  package var decays: Bool { shape.count > 1 }
}

/// The order of tensors in a flat buffer.
///
/// A model has one layout of its parameters. The same slot selects a tensor in the parameters θ,
/// the gradient ∂θ. The layout drives initialisation, weight decay,
/// checkpoints and tests.
package struct Layout: Sendable {
  /// Every tensor begins on a cache line of 64 bytes.
  private static let alignment = 16

  package private(set) var tensors: [Tensor] = []
  /// The length of a buffer with this layout, in floats.
  package private(set) var floatCount = 0
  private var cursor = 0

  package init() {}

  /// Reserves a named `rows × columns` matrix.
  package mutating func matrix(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization,
    role: TensorRole = .other
  ) -> Slot {
    let slot = reserve(rows, columns)
    tensors.append(
      Tensor(
        name: name, shape: [rows, columns], slot: slot, initialization: initialization, role: role))
    return slot
  }

  /// Reserves a named vector.
  package mutating func vector(
    _ name: String, _ count: Int, _ initialization: Initialization
  ) -> Slot {
    let slot = reserve(1, count)
    tensors.append(
      Tensor(name: name, shape: [count], slot: slot, initialization: initialization, role: .other))
    return slot
  }

  /// The layout of `tensors` alone, in their order.
  package init(_ tensors: [Tensor]) {
    for tensor in tensors {
      let slot = reserve(tensor.slot.rows, tensor.slot.columns)
      self.tensors.append(
        Tensor(
          name: tensor.name, shape: tensor.shape, slot: slot,
          initialization: tensor.initialization, role: tensor.role))
    }
  }

  /// Reserves an unnamed matrix, for activations and scratch.
  package mutating func reserve(_ rows: Int, _ columns: Int) -> Slot {
    let slot = Slot(offset: cursor, rows: rows, columns: columns)
    let aligned = (slot.count + Self.alignment - 1) / Self.alignment * Self.alignment
    cursor += aligned
    floatCount = max(floatCount, cursor)
    return slot
  }

  /// The offset of the next reservation.
  var mark: Int { cursor }

  /// Gives back the reservations since `mark`: tensors that are never alive together share memory.
  mutating func rewind(to mark: Int) {
    cursor = mark
  }

  /// The length of a buffer with this layout, in bytes.
  package var byteCount: Int { floatCount * MemoryLayout<Float>.stride }

  /// The number of parameters, without the padding between tensors.
  package var parameterCount: Int { tensors.reduce(0) { $0 + $1.slot.count } }
}
