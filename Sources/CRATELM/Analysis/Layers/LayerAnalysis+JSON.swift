package import Storage

/// The keys of a layer's measures in JSON.
enum LayerKey: String {
  case layer, hoyer, dead, subspaces, overlap, random, coherence, largest, welch, entropy
  case mean, deviation
  case nonzeroFraction = "nonzero_fraction"
  case nonzeroDeviation = "nonzero_deviation"
  case alwaysOn = "always_on"
  case codingRate = "coding_rate"
  case rateReduction = "rate_reduction"
  case sparseRateReduction = "sparse_rate_reduction"
  case effectiveRank = "effective_rank"
  case stepStability = "step_stability"
  case selfShare = "self_share"
  case tokenNorm = "token_norm"
}

extension JSONObject {
  subscript(key: LayerKey) -> JSONValue? { self[key.rawValue] }

  fileprivate init(_ members: [(key: LayerKey, value: JSONValue)]) {
    self.init(members.map { ($0.key.rawValue, $0.value) })
  }
}

extension LayerAnalysis {
  /// The layers, as `analyze layers --json` and `metrics.jsonl` have them.
  package var layersJSON: JSONValue {
    .array(layers.enumerated().map { .object(JSONObject($1.members(ofLayer: $0))) })
  }
}

extension LayerMeasures {
  private typealias Members = [(key: String, value: JSONValue)]

  fileprivate func members(ofLayer layer: Int) -> [(key: LayerKey, value: JSONValue)] {
    let norms: Members = [(RatePoint.after.rawValue, Self.json(tokenNorm[.after]))]
    return [
      (.layer, .integer(Int64(layer))),
      (.nonzeroFraction, Self.json(code?.nonzeroFraction.mean)),
      (.nonzeroDeviation, Self.json(code?.nonzeroFraction.deviation)),
      (.hoyer, Self.json(code?.hoyer)),
      (.dead, Self.json(code?.dead)), (.alwaysOn, Self.json(code?.alwaysOn)),
      (
        .codingRate,
        Self.json(codingRate[.before, .official], and: codingRate.members)
      ),
      (.subspaces, Self.json(subspaceRate)),
      (.rateReduction, Self.json(rateReduction)),
      (
        .sparseRateReduction,
        sparseRateReduction.map { forms in
          .object(JSONObject(RateForm.allCases.map { ($0.rawValue, Self.json(forms[$0])) }))
        } ?? .null
      ),
      (
        .overlap,
        subspaces.map { subspaces in
          Self.json(
            subspaces.overlap, and: [(LayerKey.random.rawValue, .number(subspaces.randomOverlap))])
        } ?? .null
      ),
      (.effectiveRank, Self.json(subspaces?.effectiveRank)),
      (
        .coherence,
        dictionary.map { dictionary in
          Self.json(
            dictionary.coherence,
            and: [
              (LayerKey.largest.rawValue, .number(dictionary.largestCoherence)),
              (LayerKey.welch.rawValue, .number(dictionary.welchBound)),
            ])
        } ?? .null
      ),
      (.stepStability, Self.json(dictionary?.stepStability)),
      (.entropy, Self.json(entropy)), (.selfShare, Self.json(selfShare)),
      (.tokenNorm, Self.json(tokenNorm[.before], and: norms)),
    ]
  }

  private static func json(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }

  fileprivate static func json(
    _ spread: Spread?, and more: [(key: String, value: JSONValue)] = []
  ) -> JSONValue {
    guard spread != nil || !more.isEmpty else { return .null }
    return .object(
      JSONObject(
        [
          (LayerKey.mean.rawValue, json(spread?.mean)),
          (LayerKey.deviation.rawValue, json(spread?.deviation)),
        ] + more))
  }

  private static func json(_ rates: Rates?) -> JSONValue {
    rates.map { .object(JSONObject($0.members)) } ?? .null
  }
}

extension LayerMeasures.Rates {
  fileprivate var members: [(key: String, value: JSONValue)] {
    RatePoint.allCases.map { point in
      let forms = RateForm.allCases.map { ($0.rawValue, LayerMeasures.json(self[point, $0])) }
      return (point.rawValue, .object(JSONObject(forms)))
    }
  }
}
