import CRATELM

/// Keeps all activations of a pass, and may change them.
final class Recorder: Instruments, @unchecked Sendable {
  let observesActivations = true
  private(set) var names: [ActivationName] = []
  private(set) var activations: [String: [Float]] = [:]
  /// P of each head, in the order of sequences and heads.
  private(set) var weights: [String: [(buffer: Buffer, slot: Slot)]] = [:]
  private let recordsWeights: Bool
  private let change: (ActivationName, Matrix) -> Void

  init(
    recordsWeights: Bool = false, change: @escaping (ActivationName, Matrix) -> Void = { _, _ in }
  ) {
    self.recordsWeights = recordsWeights
    self.change = change
  }

  func produced(_ name: ActivationName, _ values: Matrix) {
    change(name, values)
    names.append(name)
    activations[name.description] = values.elements
  }

  func attentionWeights(
    _ name: ActivationName, sequence: Int, head: Int, queries: Int, keys: Int
  ) -> Matrix? {
    var layout = Layout()
    let slot = layout.reserve(queries, keys)
    guard recordsWeights, let buffer = try? Buffer(layout) else { return nil }
    if weights[name.description] == nil { names.append(name) }
    weights[name.description, default: []].append((buffer, slot))
    return buffer[slot]
  }
}
