// swift-format-ignore-file: AlwaysUseLowerCamelCase

package import Parallel

/// A model with a workspace and threads, for batches of one shape; batches that continue sequences
/// may be smaller.
///
/// The network reserves the memory of activations when it is made, and training takes no other; a
/// product of a few vectors takes a little while it runs. Only one pass may run at a time.
package final class Network: Sendable {
  let model: LanguageModel
  private let workspace: Workspace
  private let workers: Workers
  private let trainingPrecision: Precision
  private let dropout: DropoutStream?
  private let isFolded: Bool
  /// The lengths of sequences without padding.
  private let wholeLengths: [Int]
  private let instruments: (any Instruments)?

  /// - Parameters:
  ///   - model: the model.
  ///   - shape: the shape of every batch.
  ///   - purpose: training or inference.
  ///   - workers: the threads that share the work.
  ///   - trainingPrecision: the precision of products in training.
  ///   - dropout: the units that training drops, if any.
  ///   - isFolded: whether products use the folded values; `nil` uses them if the model is folded.
  ///   - instruments: the observer of every pass, if any.
  /// - Throws: ``OutOfMemory``.
  package init(
    _ model: LanguageModel, shape: BatchShape, purpose: Purpose, workers: Workers,
    trainingPrecision: Precision = .fp32, dropout: DropoutStream? = nil, isFolded: Bool? = nil,
    instruments: (any Instruments)? = nil
  ) throws(OutOfMemory) {
    self.model = model
    self.trainingPrecision = trainingPrecision
    self.dropout = dropout
    self.isFolded = isFolded ?? model.parameters.isFolded
    self.workers = workers
    self.instruments = instruments
    wholeLengths = [Int](repeating: shape.context, count: shape.sequences)
    workspace = try Workspace(
      model.blueprint.declarations.activations,
      for: Placement(shape: shape, purpose: purpose, workerCount: workers.count))
  }

  /// A network of the same model with its weights in another layout, in the memory of `other`; only
  /// one pass of both may run at a time.
  init(_ model: LanguageModel, sharingMemoryOf other: Network) {
    self.model = model
    isFolded = model.parameters.isFolded
    (workspace, workers, wholeLengths) = (other.workspace, other.workers, other.wholeLengths)
    (trainingPrecision, dropout) = (other.trainingPrecision, other.dropout)
    instruments = other.instruments
  }

  /// The shape of every batch.
  package var shape: BatchShape { workspace.shape }

  private var blueprint: Blueprint { model.blueprint }

  /// The negative log-likelihood of every prediction of `batch`, in nats.
  ///
  /// - Precondition: the batch has the network's shape, and its ids are in the vocabulary.
  package func losses(_ batch: Batch) -> [Float] {
    let pass = makePass(batch)
    let output = forward(pass, batch.inputs)
    let losses = blueprint.head.losses(pass, output, batch)
    return batch.predicted.indices.map { losses[$0] }
  }

  /// The sum of the losses in nats, computed with the precision and dropout of training; adds the gradient of
  /// `scale · Σ loss` to `gradients`.
  ///
  /// - Parameters:
  ///   - batch: a batch of the network's shape.
  ///   - scale: the factor of the loss.
  ///   - gradients: the gradients to add to.
  ///   - unfolding: whether the gradients of folded values are unfolded at the end; once only for
  ///     the sum over several batches.
  ///   - sink: receives complete gradients; requires unfolding.
  /// - Returns: Σ loss.
  /// - Precondition: the network was made for training.
  package func lossAndGradients(
    _ batch: Batch, scale: Float, gradients: Parameters, unfolding: Bool = true,
    sink: (any GradientSink)? = nil
  ) -> Double {
    precondition(workspace.purpose == .training, "a network made for inference")
    precondition(sink == nil || unfolding, "gradients that stay folded are not complete")
    let pass = makePass(batch, precision: trainingPrecision, dropping: dropout)
    let output = forward(pass, batch.inputs)
    var (dY, dX) = (pass[blueprint.streamGradients.0], pass[blueprint.streamGradients.1])
    let losses = pass.measure(.head) {
      blueprint.head.lossesAndGradients(
        pass, output, batch, scale: scale, into: dY, gradients: gradients)
    }
    var sum = 0.0
    for index in 0..<losses.count { sum += Double(losses[index]) }
    sink?.completed(blueprint.headTensors)
    for group in blueprint.groups.reversed() {
      for index in group.sublayers.reversed() {
        let stage = blueprint.sublayers[index]
        pass.measure(stage.part) {
          stage.sublayer.backward(
            pass, X: pass[stage.input], Y: pass[stage.output], dY: dY, into: dX,
            gradients: gradients)
        }
        (dY, dX) = (dX, dY)
      }
      if let sink {
        unfold(group.sublayers, gradients)
        sink.completed(group.gradients)
      }
    }
    // Without a sink, all layers are unfolded at the same time.
    if unfolding, sink == nil { unfold(blueprint.sublayers.indices, gradients) }
    pass.measure(.embedding) {
      blueprint.embedding.backward(pass, batch.inputs, dY, gradients: gradients)
    }
    sink?.completed(blueprint.embeddingTensors)
    return sum
  }

  private func unfold(_ sublayers: Range<Int>, _ gradients: Parameters) {
    instruments.measure(.folding) {
      workers.forEach(sublayers.count) { [self] index, _ in
        blueprint.sublayers[sublayers.lowerBound + index].sublayer.unfold(
          model.parameters, gradients: gradients)
      }
    }
  }

  /// Reports to `instruments` all observable activations kept from the last pass.
  ///
  /// - Precondition: the network was made for training.
  package func showKept(to instruments: any Instruments) {
    precondition(workspace.purpose == .training, "a network made for inference")
    for activation in blueprint.namedActivations where workspace.keeps(activation.id) {
      instruments.produced(activation.name, workspace[activation.id])
    }
  }

  /// Runs `body` with the logits of all predictions of `batch`, one chunk at a time.
  package func forEachLogits(
    _ batch: Batch, _ body: (_ predictions: Range<Int>, _ logits: Matrix) -> Void
  ) {
    let pass = makePass(batch)
    blueprint.head.forEachLogits(pass, forward(pass, batch.inputs), batch, body)
  }

  /// Passes `batch` through all layers and, for its predictions, up to the product of the head, for
  /// the observer.
  ///
  /// - Parameters:
  ///   - batch: the batch.
  ///   - last: the last activation that is wanted: the pass ends behind its operator.
  /// - Returns: the output of the last operator, valid until the next pass.
  @discardableResult
  package func observe(_ batch: Batch, through last: ActivationName? = nil) -> Matrix {
    let pass = makePass(batch)
    let end = last.flatMap(blueprint.sublayerCount)
    let output = forward(pass, batch.inputs, through: end)
    if end == nil { blueprint.head.observe(pass, output, batch) }
    return output
  }

  /// The logits of a causal model after some tokens of a batch.
  ///
  /// - Parameters:
  ///   - inputs: the tokens, one sequence after the other.
  ///   - rows: the rows of the tokens after which logits are wanted.
  ///   - continued: the sequences that the batch continues. The pass writes the vectors of its
  ///     tokens to their slots; they count once the slots are extended.
  /// - Returns: a row for each of `rows`, valid until the next pass.
  /// - Precondition: the slots have room, and `rows` fit the head's chunk.
  package func logits(
    inputs: [Int32], rows: Range<Int>, continuing continued: ContinuedSequences? = nil
  ) -> Matrix {
    let pass = makePass(inputs, continuing: continued)
    let output = forward(pass, inputs)
    return pass.measure(.head) { blueprint.head.logits(pass, output, rows: rows) }
  }

  /// Writes the vectors of a batch's tokens to the slots of the sequences that it continues.
  ///
  /// - Precondition: the slots have room.
  package func read(inputs: [Int32], continuing continued: ContinuedSequences) {
    _ = forward(makePass(inputs, continuing: continued), inputs)
  }

  private func makePass(_ inputs: [Int32], continuing continued: ContinuedSequences?) -> Pass {
    guard let continued else {
      precondition(inputs.count == shape.tokens, "\(inputs.count) tokens for a network of \(shape)")
      return makePass(shape, lengths: wholeLengths)
    }
    let context = inputs.count / continued.count
    let part = BatchShape(sequences: continued.count, context: context)
    precondition(
      part.tokens == inputs.count && part.sequences <= shape.sequences && context <= shape.context,
      "\(part) for a network of \(shape)")
    let lengths =
      context == shape.context
      ? wholeLengths : [Int](repeating: context, count: part.sequences)
    return makePass(part, lengths: lengths, continuing: continued)
  }

  private func makePass(
    _ batch: Batch, precision: Precision = .fp32, dropping stream: DropoutStream? = nil
  ) -> Pass {
    precondition(
      batch.contextLength == shape.context && batch.lengths.count == shape.sequences,
      "\(batch.lengths.count) sequences for a network of \(shape)")
    return makePass(
      shape, lengths: batch.lengths, precision: precision,
      dropout: stream.map { Dropout.Draws(stream: $0, positions: batch.positions) })
  }

  private func makePass(
    _ shape: BatchShape, lengths: [Int], continuing continued: ContinuedSequences? = nil,
    precision: Precision = .fp32, dropout: Dropout.Draws? = nil
  ) -> Pass {
    Pass(
      blueprint: blueprint, parameters: model.parameters, workspace: workspace, shape: shape,
      workers: workers, precision: precision, lengths: lengths, dropout: dropout,
      continued: continued, packed: model.packed, isFolded: isFolded, instruments: instruments)
  }

  /// Passes `inputs` through the first `count` operators behind the embedding, by default all.
  private func forward(
    _ pass: Pass, _ inputs: [Int32], through count: Int? = nil
  ) -> Matrix {
    var X = pass[blueprint.firstStream]
    pass.measure(.embedding) { blueprint.embedding.forward(pass, inputs, into: X) }
    pass.produced(blueprint.firstStream, X)
    for stage in blueprint.sublayers.prefix(count ?? .max) {
      let Y = pass[stage.output]
      pass.measure(stage.part) { stage.sublayer.forward(pass, X, into: Y) }
      pass.produced(stage.output, Y)
      X = Y
    }
    return X
  }
}
