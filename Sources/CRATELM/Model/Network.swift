// swift-format-ignore-file: AlwaysUseLowerCamelCase

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

  package init(
    _ model: LanguageModel, shape: BatchShape, purpose: Purpose, workers: Workers
  ) throws(OutOfMemory) {
    self.model = model
    self.shape = shape
    self.workers = workers
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

  /// The negative log-likelihood of every target of `batch`, in nats.
  ///
  /// - Precondition: the batch has the network's shape and ids of the vocabulary.
  package func losses(_ batch: Batch) -> [Float] {
    precondition(batch.inputs.count == shape.tokens && batch.targets.count == shape.tokens)
    let pass = makePass(cache: nil)
    let output = forward(pass, batch.inputs)
    let losses = assembly.head.losses(pass, output, targets: batch.targets)
    return (0..<shape.tokens).map { losses[$0] }
  }

  /// The sum of the losses in nats; adds the gradient of `scale · Σ loss` to `gradients`.
  ///
  /// - Precondition: the network was made for training.
  package func lossAndGradients(
    _ batch: Batch, scale: Float, gradients: Parameters
  ) -> Double {
    let (inputs, targets) = (batch.inputs, batch.targets)
    precondition(inputs.count == shape.tokens && targets.count == shape.tokens)
    precondition(assembly.plan.purpose == .training, "a network made for inference")
    let pass = makePass(cache: nil)
    let output = forward(pass, inputs)
    var (dY, dX) = (scratch[assembly.streamGradients[0]], scratch[assembly.streamGradients[1]])
    let losses = assembly.head.backward(
      pass, output, targets: targets, scale: scale, into: dY, gradients: gradients)
    var sum = 0.0
    for token in 0..<shape.tokens { sum += Double(losses[token]) }
    for index in assembly.sublayers.indices.reversed() {
      assembly.sublayers[index].backward(
        pass, X: saved[assembly.streams[index]], Y: saved[assembly.streams[index + 1]], dY: dY,
        into: dX, gradients: gradients)
      (dY, dX) = (dX, dY)
    }
    assembly.embedding.backward(pass, inputs, dY, gradients: gradients)
    return sum
  }

  /// The logits of the tokens in `rows`; valid until the next pass.
  ///
  /// With a cache the batch continues the sequences in it, and the cache then holds them too.
  ///
  /// - Precondition: the cache has room, and `rows` fit the head's chunk.
  package func logits(inputs: [Int32], rows: Range<Int>, cache: KeyValueCache?) -> Matrix {
    precondition(inputs.count == shape.tokens)
    let pass = makePass(cache: cache)
    let output = forward(pass, inputs)
    cache?.advance(by: shape.context)
    return assembly.head.logits(pass, output, rows: rows)
  }

  /// Appends the batch to the sequences in `cache`, whose first ones it continues.
  ///
  /// - Precondition: the cache has room.
  package func read(inputs: [Int32], cache: KeyValueCache) {
    precondition(inputs.count == shape.tokens)
    _ = forward(makePass(cache: cache), inputs)
    cache.advance(by: shape.context)
  }

  private func makePass(cache: KeyValueCache?) -> Pass {
    Pass(
      parameters: model.parameters, saved: saved, scratch: scratch, workers: workers, cache: cache)
  }

  private func forward(_ pass: Pass, _ inputs: [Int32]) -> Matrix {
    var X = saved[assembly.streams[0]]
    assembly.embedding.forward(pass, inputs, into: X)
    for (index, sublayer) in assembly.sublayers.enumerated() {
      let Y = saved[assembly.streams[index + 1]]
      sublayer.forward(pass, X, into: Y)
      X = Y
    }
    return X
  }
}
