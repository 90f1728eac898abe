import CRATELM
import Parallel
import Storage
import Testing

/// What an observer of a pass is told and may change, beside PyTorch
/// (`Tests/Fixtures/model/generate.py`, double precision).
///
/// Single precision through three layers leaves errors of about 10⁻⁶; the bound is 10⁻⁵.
@Suite struct InstrumentsTests {
  private func recorded(_ name: String) throws -> SafeTensorsReader {
    try SafeTensorsReader(Fixture.path("model/\(name)-activations.safetensors"))
  }

  private func logits(
    _ golden: GoldenModel, _ instruments: (any Instruments)?, threads: Int = 2
  ) throws -> [Float] {
    let network = try Network(
      golden.model, shape: golden.shape, purpose: .inference, workers: Workers(threads: threads),
      instruments: instruments)
    var logits: [Float] = []
    network.forEachLogits(golden.batch) { logits += $1.elements }
    return logits
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func everyActivationAgrees(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let recorder = Recorder(recordsWeights: true)
    _ = try logits(golden, recorder)
    let expected = try recorded(golden.name)

    let prefix = "activation."
    let names = expected.header.entries.map(\.name).filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
    #expect(Set(recorder.names.map(\.description)) == Set(names))
    #expect(recorder.names == golden.model.blueprint.activationNames)
    for name in names {
      let reference = try expected.floats(of: prefix + name)
      if let heads = recorder.weights[name] {
        checkWeights(heads, reference, golden, name)
      } else {
        let found = try #require(recorder.activations[name])
        let rows = real(golden.batch, of: found.count, name)
        let columns = found.count / (name == "head.input" ? rows.count : golden.shape.tokens)
        func picked(_ values: [Float]) -> [Float] {
          rows.flatMap { values[$0 * columns..<($0 + 1) * columns] }
        }
        #expect(relativeError(picked(found), picked(reference)) < 1e-5, "\(name)")
      }
    }
  }

  /// The rows that are no padding.
  private func real(_ batch: Batch, of count: Int, _ name: String) -> [Int] {
    if name == "head.input" { return Array(batch.predicted.indices) }
    return batch.lengths.enumerated().flatMap { sequence, length in
      (0..<length).map { sequence * batch.contextLength + $0 }
    }
  }

  /// P has a row for each query that is no padding, and a column for each key that is none.
  private func checkWeights(
    _ heads: [(buffer: Buffer, slot: Slot)], _ reference: [Float], _ golden: GoldenModel,
    _ name: String
  ) {
    let context = golden.batch.contextLength
    for (index, (buffer, slot)) in heads.enumerated() {
      let expected = (0..<slot.rows).flatMap { row in
        let start = (index * context + row) * context
        return reference[start..<start + slot.columns]
      }
      #expect(relativeError(buffer[slot].elements, expected) < 1e-5, "\(name), \(index)")
    }
  }

  /// One unit of a code set to zero gives the logits that PyTorch has with it set to zero.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func aChangedCodeChangesLogits(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let expected = try recorded(golden.name)
    let layer = Int(try Fixture.integers(expected, "steered.layer")[0])
    let unit = Int(try Fixture.integers(expected, "steered.unit")[0])
    let role: ActivationRole = architecture == .attentionOnly ? .coordinates : .code
    let steered = try logits(
      golden,
      Recorder { name, values in
        guard name.layer == layer, name.role == role else { return }
        for row in 0..<values.rows { values[row][unit] = 0 }
      })
    let reference = try expected.floats(of: "steered.logits")
    #expect(relativeError(steered, reference) < 1e-5)
    #expect(relativeError(try logits(golden, nil), reference) > 1e-3)
  }

  /// W, X′, u and Y may be changed too: each change reaches the logits.
  @Test(arguments: Architecture.allCases)
  func everyActivationMayBeChanged(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let unchanged = try logits(golden, nil)
    for name in golden.model.blueprint.activationNames where name.role != .weights {
      let changed = try logits(
        golden,
        Recorder { produced, values in
          if produced == name { values[2][3] += 0.5 }
        })
      #expect(changed != unchanged, "\(name)")
    }
  }

  /// Without and with an observer, with one and with several threads.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func observationChangesNothing(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let unobserved = try logits(golden, nil)
    for threads in [1, 3] {
      let observed = try logits(golden, Recorder(recordsWeights: true), threads: threads)
      #expect(relativeError(observed, unobserved) < 1e-5)
    }
  }

  /// P of a token that continues a sequence is its row of P of the whole.
  @Test(arguments: Architecture.allCases)
  func weightsOfAContinuedSequenceAgree(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let cache = try SequenceCache(golden.model, slotCount: 1)
    let ids = Array(golden.batch.inputs[0..<13])
    for (start, count) in [(0, 7), (7, 1), (8, 5)] {
      let recorder = Recorder(recordsWeights: true)
      let network = try Network(
        golden.model, shape: BatchShape(sequences: 1, context: count), purpose: .inference,
        workers: Workers(threads: 2), instruments: recorder)
      _ = network.logits(
        inputs: Array(ids[start..<start + count]), rows: 0..<count,
        continuing: ContinuedSequences(cache, slots: [0]))
      cache.extend(0, by: count)
      for layer in 0..<3 {
        let name = "layers.\(layer).attention.weights"
        let reference = try recorded(golden.name).floats(of: "activation.\(name)")
        for (head, (buffer, slot)) in (recorder.weights[name] ?? []).enumerated() {
          let keys = start + count
          let expected = (start..<keys).flatMap { query -> ArraySlice<Float> in
            let row = (head * 13 + query) * 13
            return reference[row..<row + keys]
          }
          #expect(relativeError(buffer[slot].elements, expected) < 1e-5, "\(name), \(head)")
        }
        #expect(recorder.weights[name]?.count == 3)
      }
    }
  }

  /// The names per architecture stand in the documentation.
  @Test func everyNameIsDocumented() throws {
    let path = Fixture.path("../../docs/activations.md")
    let page = String(decoding: try FileContents.read(path), as: UTF8.self)
    let rows = page.split(separator: "\n").map {
      $0.split(separator: "|", omittingEmptySubsequences: false)
    }
    for architecture in Architecture.allCases {
      for objective in Objective.allCases {
        let names = try GoldenModel(architecture, objective).model.blueprint.activationNames
        for name in names {
          let general = name.description.replacing("layers.\(name.layer ?? 0).", with: "layers.L.")
          let row = rows.first { $0.count > 2 && $0[1] == " `\(general)` " }
          let architectures = try #require(row, "\(general) has no row")[2]
          #expect(
            architectures.contains("`\(architecture.rawValue)`")
              || architectures.hasPrefix(" all "), "\(general)")
        }
      }
    }
  }
}
