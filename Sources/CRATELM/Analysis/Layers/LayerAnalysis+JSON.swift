package import Storage

extension LayerAnalysis {
  /// The layers, as `analyze layers --json` and `metrics.jsonl` have them.
  package var layersJSON: JSONValue {
    .array(layers.enumerated().map { .object(JSONObject($1.members(ofLayer: $0))) })
  }
}

extension LayerMeasures {
  private typealias Members = [(key: String, value: JSONValue)]

  fileprivate func members(ofLayer layer: Int) -> [(key: String, value: JSONValue)] {
    let norms: Members = [("after", Self.json(tokenNorm[.after]))]
    return [
      ("layer", .integer(Int64(layer))),
      ("nonzero_fraction", Self.json(code?.nonzeroFraction.mean)),
      ("nonzero_deviation", Self.json(code?.nonzeroFraction.deviation)),
      ("hoyer", Self.json(code?.hoyer)),
      ("dead", Self.json(code?.dead)), ("always_on", Self.json(code?.alwaysOn)),
      (
        "coding_rate",
        Self.json(codingRate[.before, .official], and: codingRate.members)
      ),
      ("subspaces", Self.json(subspaceRate)),
      ("rate_reduction", Self.json(rateReduction)),
      (
        "sparse_rate_reduction",
        sparseRateReduction.map { forms in
          .object(JSONObject(RateForm.allCases.map { ($0.rawValue, Self.json(forms[$0])) }))
        } ?? .null
      ),
      (
        "overlap",
        subspaces.map { subspaces in
          Self.json(
            subspaces.overlap, and: [("random", .number(subspaces.randomOverlap))])
        } ?? .null
      ),
      ("effective_rank", Self.json(subspaces?.effectiveRank)),
      (
        "coherence",
        dictionary.map { dictionary in
          Self.json(
            dictionary.coherence,
            and: [
              ("largest", .number(dictionary.largestCoherence)),
              ("welch", .number(dictionary.welchBound)),
            ])
        } ?? .null
      ),
      ("step_stability", Self.json(dictionary?.stepStability)),
      ("entropy", Self.json(entropy)), ("self_share", Self.json(selfShare)),
      ("token_norm", Self.json(tokenNorm[.before], and: norms)),
    ]
  }

  private static func json(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }

  fileprivate static func json(
    _ spread: Spread?, and more: [(key: String, value: JSONValue)] = []
  ) -> JSONValue {
    guard spread != nil || !more.isEmpty else { return .null }
    return .object(
      JSONObject([("mean", json(spread?.mean)), ("deviation", json(spread?.deviation))] + more))
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
