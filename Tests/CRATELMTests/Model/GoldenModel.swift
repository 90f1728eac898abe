import CRATELM
import Storage

/// A model with the parameters of a fixture, and what PyTorch computed from them.
struct GoldenModel {
  /// The name of its fixture.
  let name: String
  let golden: SafeTensorsReader
  let model: LanguageModel
  let batch: Batch
  let shape = BatchShape(sequences: 2, context: 13)

  init(_ architecture: Architecture, _ objective: Objective) throws {
    name = architecture.rawValue + (objective == .masked ? "-masked" : "")
    golden = try SafeTensorsReader(Fixture.path("model/\(name).safetensors"))
    model = try LanguageModel(
      zeros: ModelConfiguration(
        objective: objective, architecture: architecture, depth: 3, width: 24, headCount: 3,
        contextLength: 13, vocabularySize: 61))
    for tensor in model.layout.tensors {
      try model.parameters.values.fill(tensor.slot, with: golden.floats(of: tensor.name))
    }
    model.fold()
    batch = try Self.batch(golden, objective)
  }

  /// The batch of the fixture, a masked one with padding in its second sequence.
  private static func batch(_ golden: SafeTensorsReader, _ objective: Objective) throws -> Batch {
    let inputs = try Fixture.integers(golden, "inputs")
    let targets = try Fixture.integers(golden, "targets")
    if objective == .causal { return Batch(inputs: inputs, targets: targets, contextLength: 13) }
    let predictions = zip(try Fixture.integers(golden, "predicted"), targets)
    var batch = Batch(sequences: 2, contextLength: 13)
    for (sequence, length) in try Fixture.integers(golden, "lengths").enumerated() {
      let row = sequence * 13..<(sequence + 1) * 13
      for (position, target) in predictions where row.contains(Int(position)) {
        batch.predict(target, at: Int(position) - row.lowerBound)
      }
      batch.append(inputs[row].prefix(Int(length)))
    }
    return batch
  }

  /// The batch with its sequences at `positions` in the order of the data.
  func batch(at positions: [Int]) -> Batch {
    var moved = Batch(sequences: shape.sequences, contextLength: shape.context)
    for (sequence, position) in positions.enumerated() {
      let row = sequence * shape.context..<(sequence + 1) * shape.context
      for (place, target) in zip(batch.predicted, batch.targets) where row.contains(place) {
        moved.predict(target, at: place - row.lowerBound)
      }
      moved.append(batch.inputs[row].prefix(batch.lengths[sequence]), position: position)
    }
    return moved
  }
}

extension Buffer {
  /// Replaces the tensor at `slot`.
  func fill(_ slot: Slot, with values: [Float]) {
    let matrix = self[slot]
    precondition(values.count == slot.count)
    for (index, value) in values.enumerated() {
      matrix[index / slot.columns][index % slot.columns] = value
    }
  }
}
