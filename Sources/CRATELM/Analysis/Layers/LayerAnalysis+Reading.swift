package import Storage

// Reads what LayerAnalysis+JSON.swift writes.

extension LayerAnalysis {
  /// The analysis of `layers`, as `analyze layers --json` and `metrics.jsonl` have them; `nil` if
  /// they are something else.
  package init?(layers: JSONValue?, sequences: Int, sequenceLength: Int, epsilon: Double) {
    guard let layers = layers?.array else { return nil }
    let measures = layers.compactMap { $0.object.flatMap(LayerMeasures.init) }
    guard measures.count == layers.count else { return nil }
    self.init(
      layers: measures, sequences: sequences, sequenceLength: sequenceLength, epsilon: epsilon,
      sparsityPenalty: nil)
  }
}

extension Spread {
  fileprivate init?(_ json: JSONValue?) {
    guard let object = json?.object, let mean = object[.mean]?.double else { return nil }
    self.init(mean: mean, deviation: object[.deviation]?.double)
  }

  fileprivate init(mean: Double, deviation: Double?) {
    (self.mean, self.deviation) = (mean, deviation)
  }
}

extension LayerMeasures {
  fileprivate init?(_ object: JSONObject) {
    func spread(_ key: LayerKey) -> Spread? { Spread(object[key]) }
    func number(_ key: LayerKey, _ member: LayerKey) -> Double? {
      object[key]?.object?[member]?.double
    }
    guard let codingRate = Rates(object[.codingRate]) else { return nil }
    self.init(
      codingRate: codingRate, subspaceRate: Rates(object[.subspaces]),
      rateReduction: Rates(object[.rateReduction]),
      sparseRateReduction: object[.sparseRateReduction]?.object.map(Self.forms),
      code: Code(object),
      subspaces: number(.overlap, .random).map {
        Subspaces(
          overlap: spread(.overlap), randomOverlap: $0, effectiveRank: spread(.effectiveRank))
      },
      dictionary: Dictionary(object), entropy: spread(.entropy), selfShare: spread(.selfShare),
      tokenNorm: [
        .before: spread(.tokenNorm),
        .after: Spread(object[.tokenNorm]?.object?[RatePoint.after.rawValue]),
      ].compactMapValues(\.self))
  }

  fileprivate static func forms(_ object: JSONObject) -> [RateForm: Spread] {
    var forms: [RateForm: Spread] = [:]
    for form in RateForm.allCases { forms[form] = Spread(object[form.rawValue]) }
    return forms
  }
}

extension LayerMeasures.Rates {
  fileprivate init?(_ json: JSONValue?) {
    guard let object = json?.object else { return nil }
    var values: [RatePoint: [RateForm: Spread]] = [:]
    for point in RatePoint.allCases {
      values[point] = object[point.rawValue]?.object.map(LayerMeasures.forms)
    }
    self.init(values: values)
  }
}

extension LayerMeasures.Code {
  fileprivate init?(_ object: JSONObject) {
    guard let share = object[.nonzeroFraction]?.double, let dead = object[.dead]?.double,
      let alwaysOn = object[.alwaysOn]?.double
    else { return nil }
    self.init(
      nonzeroFraction: Spread(mean: share, deviation: object[.nonzeroDeviation]?.double),
      hoyer: Spread(object[.hoyer]), dead: dead, alwaysOn: alwaysOn)
  }
}

extension LayerMeasures.Dictionary {
  fileprivate init?(_ object: JSONObject) {
    guard let coherence = Spread(object[.coherence]), let more = object[.coherence]?.object,
      let largest = more[.largest]?.double, let welch = more[.welch]?.double,
      let stability = object[.stepStability]?.double
    else { return nil }
    self.init(
      coherence: coherence, largestCoherence: largest, welchBound: welch, stepStability: stability)
  }
}
