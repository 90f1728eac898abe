// swift-format-ignore-file: AlwaysUseLowerCamelCase

package import Parallel

/// A model at work on batches of one shape: its operators, activations and threads.
///
/// All memory is reserved when the network is made; a pass allocates none. One pass at a time may
/// run.
package final class Network: Sendable {
  package let shape: BatchShape
  let model: LanguageModel
  private let assembly: Assembly
  private let saved: Buffer
  private let scratch: Buffer
  private let workers: Workers
  private let trainingPrecision: Precision
  private let profile: TrainingProfile?
  private let traffic: MemoryTraffic?
  private let isFolded: Bool
  /// The lengths of sequences without padding.
  private let wholeLengths: [Int]

  package init(
    _ model: LanguageModel, shape: BatchShape, purpose: Purpose, workers: Workers,
    trainingPrecision: Precision = .fp32, profile: TrainingProfile? = nil,
    traffic: MemoryTraffic? = nil, isFolded: Bool? = nil
  ) throws(OutOfMemory) {
    self.model = model
    self.trainingPrecision = trainingPrecision
    self.profile = profile
    self.traffic = traffic
    self.isFolded = isFolded ?? model.parameters.isFolded
    self.shape = shape
    self.workers = workers
    wholeLengths = [Int](repeating: shape.context, count: shape.sequences)
    assembly = Assembly(
      model.configuration, shape: shape, purpose: purpose, workerCount: workers.count)
    saved = try Buffer(assembly.plan.saved)
    scratch = try Buffer(assembly.plan.scratch)
  }

  /// The bytes of activations and scratch that a network would take.
  package static func byteCount(
    _ configuration: ModelConfiguration, shape: BatchShape, purpose: Purpose, workers: Workers
  ) -> Int {
    let plan = Assembly(
      configuration, shape: shape, purpose: purpose, workerCount: workers.count
    ).plan
    return (plan.saved.floatCount + plan.scratch.floatCount) * MemoryLayout<Float>.stride
  }

  /// The negative log-likelihood of every prediction of `batch`, in nats.
  ///
  /// - Precondition: the batch has the network's shape and ids of the vocabulary.
  package func losses(_ batch: Batch) -> [Float] {
    let pass = makePass(batch)
    let output = forward(pass, batch.inputs)
    let losses = assembly.head.losses(pass, output, batch)
    return batch.predicted.indices.map { losses[$0] }
  }

  /// The sum of the losses in nats, computed in the precision of training; adds the gradient of `scale · Σ loss` to `gradients`.
  ///
  /// - Precondition: the network was made for training.
  package func lossAndGradients(
    _ batch: Batch, scale: Float, gradients: Parameters
  ) -> Double {
    precondition(assembly.plan.purpose == .training, "a network made for inference")
    let pass = makePass(batch, precision: trainingPrecision)
    let output = forward(pass, batch.inputs)
    var (dY, dX) = (scratch[assembly.streamGradients[0]], scratch[assembly.streamGradients[1]])
    pass.measure(.head) {
      assembly.head.backward(pass, output, batch, scale: scale, into: dY, gradients: gradients)
    }
    let losses = assembly.head.losses(pass, count: batch.predicted.count)
    var sum = 0.0
    for index in 0..<losses.count { sum += Double(losses[index]) }
    for index in assembly.sublayers.indices.reversed() {
      let sublayer = assembly.sublayers[index]
      pass.measure(sublayer.part) {
        sublayer.backward(
          pass, X: saved[assembly.streams[index]], Y: saved[assembly.streams[index + 1]], dY: dY,
          into: dX, gradients: gradients)
      }
      (dY, dX) = (dX, dY)
    }
    pass.measure(.embedding) {
      assembly.embedding.backward(pass, batch.inputs, dY, gradients: gradients)
    }
    return sum
  }

  /// What the last pass and the gradients it left show of every layer.
  ///
  /// - Precondition: the network was made for training.
  func layerReports(gradients: Parameters) -> [LayerReport] {
    let pass = makePass(cache: nil)
    let tensors = assembly.plan.parameters.tensors
    return assembly.layers.map { layer in
      let squares = tensors[layer.tensors].map { tensor in
        let slot = tensor.slot
        return Reductions.squaredNorm(
          gradients.values.all[slot.offset..<slot.offset + slot.count])
      }
      let shares = layer.sublayers.compactMap { index in
        assembly.sublayers[index].deadUnitShare(
          pass, Y: saved[assembly.streams[index + 1]])
      }
      return LayerReport(
        gradientNorm: squares.reduce(0, +).squareRoot(),
        stepStability: layer.sublayers
          .compactMap { assembly.sublayers[$0].stability?.value(model.parameters) }.first,
        deadUnitShare: shares.first)
    }
  }

  /// Runs `body` with the logits of all predictions of `batch`, a chunk of them at a time.
  package func forEachLogits(
    _ batch: Batch, _ body: (_ predictions: Range<Int>, _ logits: Matrix) -> Void
  ) {
    let pass = makePass(batch)
    assembly.head.forEachLogits(pass, forward(pass, batch.inputs), batch, body)
  }

  /// The logits of a causal model after the tokens in `rows`; valid until the next pass.
  ///
  /// With a cache the batch continues the sequences in it, and the cache then holds them too.
  ///
  /// - Precondition: the cache has room, and `rows` fit the head's chunk.
  package func logits(inputs: [Int32], rows: Range<Int>, cache: KeyValueCache?) -> Matrix {
    precondition(inputs.count == shape.tokens)
    let pass = makePass(cache: cache)
    let output = forward(pass, inputs)
    cache?.advance(by: shape.context)
    var logits: Matrix?
    pass.measure(.head) { logits = assembly.head.logits(pass, output, rows: rows) }
    return logits ?? output
  }

  /// Appends the batch to the sequences in `cache` from `sequence` on, which it continues.
  ///
  /// - Precondition: the cache has room.
  package func read(inputs: [Int32], cache: KeyValueCache, from sequence: Int) {
    precondition(inputs.count == shape.tokens)
    cache.firstSequence = sequence
    defer { cache.firstSequence = 0 }
    _ = forward(makePass(cache: cache), inputs)
    cache.advance(by: shape.context)
  }

  private func makePass(_ batch: Batch, precision: Precision = .fp32) -> Pass {
    precondition(
      batch.contextLength == shape.context && batch.lengths.count == shape.sequences,
      "\(batch.lengths.count) sequences for a network of \(shape)")
    return makePass(lengths: batch.lengths, cache: nil, precision: precision)
  }

  private func makePass(cache: KeyValueCache?) -> Pass {
    makePass(lengths: wholeLengths, cache: cache)
  }

  private func makePass(
    lengths: [Int], cache: KeyValueCache?, precision: Precision = .fp32
  ) -> Pass {
    Pass(
      parameters: model.parameters, saved: saved, scratch: scratch, workers: workers,
      precision: precision, lengths: lengths, cache: cache, packed: model.packed,
      profile: profile, isFolded: isFolded, traffic: traffic)
  }

  private func forward(_ pass: Pass, _ inputs: [Int32]) -> Matrix {
    var X = saved[assembly.streams[0]]
    pass.measure(.embedding) { assembly.embedding.forward(pass, inputs, into: X) }
    for (index, sublayer) in assembly.sublayers.enumerated() {
      let Y = saved[assembly.streams[index + 1]]
      pass.measure(sublayer.part) { sublayer.forward(pass, X, into: Y) }
      X = Y
    }
    return X
  }
}
