// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel

/// The passes over a text that its analysis needs, and what is kept of them.
struct TextReading: Sendable {
  /// A prediction of the model.
  struct Prediction: Sendable {
    let id: Int32
    /// `nil` behind the end of the text.
    let loss: Double?
    let logit: Double
    /// The index in the text of the token that it is made at.
    let position: Int
  }

  let recorder: RowRecorder
  private(set) var predictions: [Prediction] = []
  /// The likeliest tokens of each prediction by each layer.
  private(set) var candidates: [[[TokenAnalysis.Candidate]]] = []

  private static let tokensAtOnce = 4096

  init(
    _ model: LanguageModel, _ ids: [Int32], vocabulary: MaskingVocabulary?, candidates count: Int,
    workers: Workers
  ) throws {
    let parts = ModelParts(model)
    recorder = RowRecorder(Self.names(parts))
    switch model.configuration.objective.attention {
    case .causal: try readCausal(model, ids, count, workers)
    case .bidirectional: try readMasked(model, ids, vocabulary, count, workers)
    }
    try addLens(Lens(parts), model, count, workers)
  }

  /// The activations that logits are sums of.
  private static func names(_ parts: ModelParts) -> Set<String> {
    var names: Set = [parts.input(ofLayer: 0)]
    for layer in 0..<parts.configuration.depth {
      names.formUnion([
        "layers.\(layer).attention.attended", "layers.\(layer).attention.output",
        parts.output(ofLayer: layer),
      ])
      if let half = parts.secondHalf(ofLayer: layer) { names.insert("\(half).code") }
    }
    return names
  }

  /// One pass: every token is predicted at the one before it.
  private mutating func readCausal(
    _ model: LanguageModel, _ ids: [Int32], _ count: Int, _ workers: Workers
  ) throws {
    recorder.rows = Array(ids.indices)
    let network = try network(model, sequences: 1, length: ids.count, workers)
    let targets = ids.dropFirst() + [ids[0]]
    network.forEachLogits(
      Batch(inputs: ids, targets: Array(targets), contextLength: ids.count)
    ) { rows, logits in
      for (index, row) in rows.enumerated() {
        let next = row + 1 < ids.count ? ids[row + 1] : nil
        add(logits[index], next, at: row, count)
      }
    }
  }

  /// A sequence for each token, in which it is masked.
  private mutating func readMasked(
    _ model: LanguageModel, _ ids: [Int32], _ vocabulary: MaskingVocabulary?, _ count: Int,
    _ workers: Workers
  ) throws {
    guard let vocabulary else {
      throw ConfigurationError("A masked model needs the masking vocabulary of its tokenizer.")
    }
    let (frame, length) = (vocabulary.frame, ids.count + vocabulary.frame.tokenCount)
    let atOnce = min(ids.count, max(1, Self.tokensAtOnce / length))
    var network = try network(model, sequences: atOnce, length: length, workers)
    for first in stride(from: 0, to: ids.count, by: atOnce) {
      let places = first..<min(first + atOnce, ids.count)
      if places.count < atOnce {
        network = try self.network(model, sequences: places.count, length: length, workers)
      }
      var batch = Batch(sequences: places.count, contextLength: length)
      for place in places {
        var masked = ids
        masked[place] = vocabulary.roles.mask
        batch.predict(ids[place], at: frame.textStart + place)
        batch.append(masked, in: frame)
      }
      recorder.rows = batch.predicted
      network.forEachLogits(batch) { rows, logits in
        for (index, row) in rows.enumerated() {
          add(logits[index], ids[first + row], at: first + row, count)
        }
      }
    }
  }

  private func network(
    _ model: LanguageModel, sequences: Int, length: Int, _ workers: Workers
  ) throws(OutOfMemory) -> Network {
    try Network(
      model, shape: BatchShape(sequences: sequences, context: length), purpose: .inference,
      workers: workers, instruments: recorder)
  }

  /// Adds the prediction of `next`, or of the likeliest token, and the likeliest ones.
  private mutating func add(_ logits: Row, _ next: Int32?, at position: Int, _ count: Int) {
    let distribution = Distribution(logits)
    let id = next ?? distribution.mostProbable
    predictions.append(
      Prediction(
        id: id, loss: next.map { -distribution.logProbability(of: $0) },
        logit: Double(logits[Int(id)]), position: position))
    candidates.append([distribution.candidates(count)])
  }

  /// Puts the likeliest tokens by all layers but the last before those of the model.
  private mutating func addLens(
    _ lens: Lens, _ model: LanguageModel, _ count: Int, _ workers: Workers
  ) throws(OutOfMemory) {
    for layer in (0..<model.configuration.depth - 1).reversed() {
      let found = try lens.candidates(
        (0..<predictions.count).map { recorder.row(lens.parts.output(ofLayer: layer), $0) }, count,
        workers)
      for index in predictions.indices { candidates[index].insert(found[index], at: 0) }
    }
  }
}

extension Distribution {
  /// The `count` most probable ids.
  func candidates(_ count: Int) -> [TokenAnalysis.Candidate] {
    let total = totalWeight
    return mostProbable(count).prefix(count).map {
      TokenAnalysis.Candidate(id: $0.id, probability: $0.weight / total)
    }
  }
}

/// The logit lens: the final norm, computed anew, and the head on the output of an inner layer
/// (nostalgebraist 2020).
///
/// No layer but the last was trained for it: a heuristic.
struct Lens {
  let parts: ModelParts

  private static let rowsAtOnce = 64

  init(_ parts: ModelParts) { self.parts = parts }

  /// The `count` likeliest tokens for each of `rows`.
  func candidates(
    _ rows: [[Double]], _ count: Int, _ workers: Workers
  ) throws(OutOfMemory) -> [[TokenAnalysis.Candidate]] {
    guard let E = parts.matrix("token_embedding") else { return [] }
    var layout = Layout()
    let size = min(Self.rowsAtOnce, rows.count)
    let (inputs, logits) = (layout.reserve(size, E.columns), layout.reserve(size, E.rows))
    let buffer = try Buffer(layout)
    let bias = parts.matrix("head.bias")?[0]
    var found: [[TokenAnalysis.Candidate]] = []
    for start in stride(from: 0, to: rows.count, by: size) {
      let part = rows[start..<min(start + size, rows.count)]
      let (H, Z) = (buffer[inputs].rows(0..<part.count), buffer[logits].rows(0..<part.count))
      for (index, row) in part.enumerated() {
        for (column, value) in headInput(row).enumerated() { H[index][column] = Float(value) }
      }
      workers.forEachTile(of: Z, rows: size, columns: 512) { rows, columns in
        multiply(
          H.rows(rows), .plain, E.rows(columns), .transposed, into: Z.rows(rows).columns(columns))
      }
      for index in 0..<part.count {
        if let bias { Reductions.add(bias, to: Z[index]) }
        found.append(Distribution(Z[index]).candidates(count))
      }
    }
    return found
  }

  /// The factor of Eᵀ for the output `x` of a layer.
  private func headInput(_ x: [Double]) -> [Double] {
    let x = parts.norm("final_norm", at: x).map { $0(x) } ?? x
    guard let W = parts.matrix("head.transform"), let b = parts.vector("head.transform_bias") else {
      return x
    }
    let G = zip(W.times(x), b).map { Reference.activation(.gelu, $0 + $1) }
    return parts.norm("head.norm", at: G).map { $0(G) } ?? G
  }
}
