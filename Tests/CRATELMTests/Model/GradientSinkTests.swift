import CRATELM
import Parallel
import Testing

/// What a backward pass announces is what stands there at its end.
@Suite struct GradientSinkTests {
  /// Keeps the gradients of each group as they are when they are announced.
  private final class Announcements: GradientSink {
    private(set) var groups: [GradientGroup] = []
    private(set) var gradients: [GradientGroup: [[Float]]] = [:]
    private(set) var tokenEmbedding: [[Float]] = []
    private let model: LanguageModel
    private let values: Parameters

    init(_ model: LanguageModel, _ values: Parameters) {
      (self.model, self.values) = (model, values)
    }

    func completed(_ group: GradientGroup) {
      groups.append(group)
      gradients[group] = group.tensors.map(tensor)
      tokenEmbedding.append(tensor(0))
    }

    func tensor(_ index: Int) -> [Float] {
      values.values[model.layout.tensors[index].slot].elements
    }
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func whatIsAnnouncedIsComplete(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    let network = try Network(
      golden.model, shape: golden.shape, purpose: .training, workers: Workers(threads: 2))
    let gradients = try golden.model.makeGradients()
    let sink = Announcements(golden.model, gradients)
    _ = network.lossAndGradients(golden.batch, scale: 1, gradients: gradients, sink: sink)

    let layers = (0..<3).reversed().map { GradientGroup.Kind.layer($0) }
    let kinds = sink.groups.map(\.kind)
    #expect(kinds.first == .head)
    #expect(kinds.filter(layers.contains) == layers)
    #expect(kinds.last == .embedding)
    for group in sink.groups {
      #expect(sink.gradients[group] == group.tensors.map(sink.tensor), "\(group.kind)")
    }
    // Each tensor belongs to one group.
    #expect(sink.groups.flatMap(\.tensors).sorted() == Array(golden.model.layout.tensors.indices))

    // Without a sink the same bits.
    let alone = try golden.model.makeGradients()
    _ = network.lossAndGradients(golden.batch, scale: 1, gradients: alone)
    #expect(alone.values.all.bitPatterns == gradients.values.all.bitPatterns)
  }

  /// The head's part of the tied embedding stands from the head's announcement to the last but one;
  /// the input's part changes the rows of ids that are read, and no other.
  @Test(arguments: Objective.allCases)
  func theTiedEmbeddingComesInTwoParts(objective: Objective) throws {
    let golden = try GoldenModel(.crateOvercomplete, objective)
    let network = try Network(
      golden.model, shape: golden.shape, purpose: .training, workers: Workers(threads: 2))
    let gradients = try golden.model.makeGradients()
    let sink = Announcements(golden.model, gradients)
    _ = network.lossAndGradients(golden.batch, scale: 1, gradients: gradients, sink: sink)
    for part in sink.tokenEmbedding.dropLast() { #expect(part == sink.tokenEmbedding[0]) }
    let (head, whole) = (sink.tokenEmbedding[0], sink.tensor(0))
    let width = golden.model.configuration.width
    // Padding is read by nobody.
    let read = golden.batch.lengths.enumerated().flatMap { sequence, length in
      golden.batch.inputs[sequence * 13..<sequence * 13 + length]
    }
    for id in 0..<golden.model.configuration.vocabularySize {
      let row = id * width..<(id + 1) * width
      let isRead = read.contains(Int32(id))
      #expect((head[row] != whole[row]) == isRead, "id \(id)")
    }
  }
}

extension Row {
  fileprivate var bitPatterns: [UInt32] { (0..<count).map { self[$0].bitPattern } }
}
