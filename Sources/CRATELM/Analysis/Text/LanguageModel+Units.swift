// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Parallel
import Storage

extension LanguageModel {
  /// The pre-activation of a unit at a token as an exact sum over the tokens that it sees and the
  /// units of the layer before, and what becomes of it if the largest of them are set to zero.
  ///
  /// - Parameters:
  ///   - address: the unit.
  ///   - token: the index of the token.
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - count: the units that are listed and set to zero.
  ///   - threads: the number of threads, which changes no bit; `nil` for one per processor.
  /// - Returns: the sum and the effects.
  /// - Throws: ``ConfigurationError`` for a unit or a token that there is not, no ids, more ids than
  ///   the context, or an id outside the vocabulary; ``OutOfMemory``.
  public func attribute(
    _ address: UnitAddress, at token: Int, of ids: [Int32], count: Int = 20, threads: Int? = nil
  ) throws -> UnitAttribution {
    try configuration.require(address)
    guard (1...configuration.contextLength).contains(ids.count), ids.indices.contains(token) else {
      throw ConfigurationError(
        """
        There is no token \(token) in a text of \(ids.count); expected one of a text of 1 to \
        \(configuration.contextLength.counting("token")), counted from 0.
        """)
    }
    try require(ids)
    let workers = Workers(threads: try Workers.count(threads))
    parameters.foldOnce { fold(workers: workers) }
    let text = UnitReading(self, ids, address, workers)
    let recorder = try text.read(with: nil)
    var attribution = text.attribution(at: token, count, recorder)
    for term in attribution.contributions {
      guard case .unit(let unit) = term.source else { continue }
      let changed = try text.read(with: (.ablation(of: unit), term.token))
      attribution.effects.append(
        UnitAttribution.Effect(
          address: unit, token: term.token, predicted: -term.value,
          real: text.preactivation(at: token, changed) - text.preactivation(at: token, recorder)))
    }
    return attribution
  }
}

/// Passes over a text for the attribution of a unit.
private struct UnitReading {
  private let model: LanguageModel
  private let ids: [Int32]
  private let address: UnitAddress
  private let parts: ModelParts
  private let workers: Workers

  init(_ model: LanguageModel, _ ids: [Int32], _ address: UnitAddress, _ workers: Workers) {
    (self.model, self.ids, self.address, self.workers) = (model, ids, address, workers)
    parts = ModelParts(model)
  }

  private var name: String { parts.secondHalf(ofLayer: address.layer) ?? "" }

  /// Reads the text, with a change at one token if given.
  func read(
    with change: (intervention: Intervention, token: Int)?
  ) throws(OutOfMemory) -> RowRecorder {
    let attention = "layers.\(address.layer).attention"
    var names: Set = [
      parts.input(ofLayer: address.layer), "\(attention).coordinates", "\(attention).attended",
      "\(attention).output", "\(name).input", "\(name).first_code",
    ]
    if address.layer > 0 {
      let before = parts.secondHalf(ofLayer: address.layer - 1) ?? ""
      names.formUnion(["\(before).code", "layers.\(address.layer - 1).attention.output"])
    }
    let recorder = RowRecorder(names)
    recorder.rows = Array(ids.indices)
    let observers: [any Instruments] =
      (change.map { [Interventions([$0.intervention], rows: $0.token..<$0.token + 1)] } ?? [])
      + [recorder]
    var batch = Batch(sequences: 1, contextLength: ids.count)
    batch.append(ids)
    try Network(
      model, shape: BatchShape(sequences: 1, context: ids.count), purpose: .inference,
      workers: workers, instruments: InstrumentChain(observers)
    ).observe(batch)
    return recorder
  }

  /// The pre-activation that a pass gave.
  func preactivation(at token: Int, _ recorder: RowRecorder) -> Double {
    let map = UnitMap(address, parts, firstCode: recorder.row("\(name).first_code", token))
    return map.map { $0(recorder.row("\(name).input", token)) } ?? .nan
  }

  func attribution(at token: Int, _ count: Int, _ recorder: RowRecorder) -> UnitAttribution {
    let frozen = FrozenLayer(address, at: token, of: ids.count, parts) { recorder.row($0, $1) }
    var list = ContributionList()
    list.remainder.bias = frozen.constant
    var tokens: [Double] = []
    for (position, J) in frozen.covectors.enumerated() {
      let x = recorder.row(parts.input(ofLayer: address.layer), position)
      tokens.append(dot(J, x))
      addUnits(position, J, recorder, to: &list)
    }
    let (contributions, remainder) = list.largest(count)
    return UnitAttribution(
      address: address, token: token, preactivation: preactivation(at: token, recorder),
      contributions: contributions, tokens: tokens, remainder: remainder)
  }

  /// Adds the terms of the units that make up the layer's input at a token, and what else does.
  private func addUnits(
    _ token: Int, _ J: [Double], _ recorder: RowRecorder, to list: inout ContributionList
  ) {
    let layer = address.layer - 1
    guard layer >= 0, let half = parts.secondHalf(ofLayer: layer) else {
      let x = recorder.row(parts.input(ofLayer: address.layer), token)
      list.remainder.stream += dot(J, x)
      return
    }
    let code = recorder.row("\(half).code", token)
    let stream = recorder.row("layers.\(layer).attention.output", token)
    func add(_ weight: (_ unit: Int) -> Double) {
      for unit in code.indices where code[unit] != 0 {
        list.add(
          .unit(UnitAddress(layer: layer, unit: unit)), at: token, code[unit] * weight(unit))
      }
    }
    if let W = parts.matrix("\(half).contraction"), let b = parts.vector("\(half).contraction_bias")
    {
      var e = J
      let sum = zip(stream, zip(W.times(code), b).map { $0 + $1 }).map { $0 + $1 }
      if parts.isPostNorm, let norm = parts.norm("\(half).norm", at: sum) {
        list.remainder.bias += dot(e, norm.bias)
        e = norm.pullback(e)
      }
      let weights = W.combination(e)
      add { weights[$0] }
      list.remainder.bias += dot(e, b)
      list.remainder.stream += dot(e, stream)
    } else if let V = parts.matrix("\(half).decode_dictionary") {
      add { V[$0].dot(J) }
      list.remainder.stream += dot(J, stream)
    } else if parts.configuration.architecture == .crate {
      add { J[$0] }
    } else if let V = parts.matrix("\(half).dictionary") {
      add { V[$0].dot(J) }
    }
  }
}

/// Several observers of a pass, told one after the other; a later one sees an earlier one's changes.
private final class InstrumentChain: Instruments, @unchecked Sendable {
  let observesActivations = true
  private let observers: [any Instruments]

  init(_ observers: [any Instruments]) { self.observers = observers }

  func produced(_ name: ActivationName, _ values: Matrix) {
    for observer in observers { observer.produced(name, values) }
  }
}
