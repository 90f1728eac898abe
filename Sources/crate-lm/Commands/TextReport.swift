import CRATELM
import Storage
import TextModels

/// The result of `analyze text`.
struct TextReport: Report {
  let analysis: TextAnalysis
  let attribution: UnitAttribution?
  let ids: [Int32]
  let configuration: ModelConfiguration
  /// The spelling of a token.
  let written: (Int32) -> String

  private static let lens =
    "the final norm and the head on each layer's output; a heuristic for all but the last"

  // MARK: JSON

  var fields: JSONFields {
    let tokens: JSONFields = [
      "tokens": analysis.tokens.map { $0.map(fields) }, "lens": Self.lens,
      "architecture": configuration.architecture.rawValue,
      "objective": configuration.objective.rawValue,
    ]
    return attribution.map { tokens + ["unit": fields($0)] } ?? tokens
  }

  private func fields(_ entry: TokenAnalysis) -> JSONFields {
    [
      "token": written(entry.id), "id": entry.id, "loss": entry.loss,
      "layers": entry.layers.map { candidates in
        candidates.map {
          ["token": written($0.id), "probability": $0.probability] as JSONFields
        }
      },
      "logit": entry.logit, "contributions": entry.contributions.map { fields($0) },
    ] + fields(entry.remainder)
  }

  private func fields(_ remainder: Remainder) -> JSONFields {
    [
      "remainder": remainder.total,
      "remainder_parts": [
        "omitted": remainder.omitted, "stream": remainder.stream, "bias": remainder.bias,
      ] as JSONFields,
    ]
  }

  private func fields(_ term: Contribution) -> JSONFields {
    switch term.source {
    case .unit(let unit): ["layer": unit.layer, "unit": unit.unit, "value": term.value]
    case .head(let layer, let head):
      ["layer": layer, "unit": Int?.none, "head": head, "value": term.value]
    }
  }

  private func fields(_ attribution: UnitAttribution) -> JSONFields {
    [
      "layer": attribution.address.layer, "unit": attribution.address.unit,
      "token": attribution.token, "preactivation": attribution.preactivation,
      "contributions": attribution.contributions.map {
        ["token": $0.token] as JSONFields + fields($0)
      },
      "tokens": attribution.tokens,
      "effects": attribution.effects.map {
        [
          "token": $0.token, "layer": $0.address.layer, "unit": $0.address.unit,
          "predicted": $0.predicted, "real": $0.real,
        ] as JSONFields
      },
      "slope": attribution.slope, "correlation": attribution.correlation,
    ] + fields(attribution.remainder)
  }

  // MARK: Text

  /// The terms of a sum that a line has room for.
  private static let shownTerms = 5

  var text: String {
    let entries = analysis.tokens.enumerated().map { index, entry in
      entry.map { text($0, index) } ?? "\(index)  \(quoted(ids[index]))  nothing before it\n"
    }
    return entries.joined() + (attribution.map { "\n" + text($0) } ?? "")
  }

  private func quoted(_ id: Int32) -> String { written(id).quoted }

  private func text(_ entry: TokenAnalysis, _ index: Int) -> String {
    let loss = entry.loss.map { "loss \(Quantity.fixed($0, 3))" } ?? "after the text"
    let layers = entry.layers.enumerated().map { layer, candidates in
      let tokens = candidates.map {
        "\(quoted($0.id)) \(Quantity.fixed(100 * $0.probability, 1))%"
      }
      return "   layer \(layer)  \(tokens.joined(separator: ", "))\n"
    }
    return "\(index)  \(quoted(entry.id))  \(loss)\n" + layers.joined()
      + "   logit \(Quantity.fixed(entry.logit, 3)) = "
      + sum(entry.contributions, entry.remainder) { name($0.source) } + "\n"
  }

  private func text(_ attribution: UnitAttribution) -> String {
    let shares = attribution.tokens.enumerated().map { index, value in
      "\(index) \(Self.signed(value))"
    }
    var lines =
      "unit \(attribution.address) at token \(attribution.token): "
      + "pre-activation \(Quantity.fixed(attribution.preactivation, 4))\n   = "
      + sum(attribution.contributions, attribution.remainder) {
        "\(name($0.source)) at \($0.token)"
      } + "\n   by token: \(shares.joined(separator: ", "))\n"
    if let slope = attribution.slope, let correlation = attribution.correlation {
      lines +=
        "   \(attribution.effects.count.counting("unit")) set to zero: real over predicted "
        + "effect, slope "
        + "\(Quantity.fixed(slope, 3)), correlation \(Quantity.fixed(correlation, 3))\n"
    }
    return lines
  }

  private func sum(
    _ terms: [Contribution], _ remainder: Remainder, _ name: (Contribution) -> String
  ) -> String {
    let shown = terms.prefix(Self.shownTerms)
    let rest = terms.dropFirst(Self.shownTerms).reduce(remainder.total) { $0 + $1.value }
    return
      (shown.map { "\(name($0)) \(Self.signed($0.value))" }
      + ["remainder \(Self.signed(rest))"]).joined(separator: ", ")
  }

  private func name(_ source: Contribution.Source) -> String {
    switch source {
    case .unit(let unit): "\(unit)"
    case .head(let layer, let head): "\(layer)/h\(head)"
    }
  }

  private static func signed(_ value: Double) -> String {
    (value < 0 ? "" : "+") + Quantity.fixed(value, 3)
  }

  // MARK: Drawing

  /// Predicted and real effects; `nil` if there are none.
  var drawing: Drawing? {
    guard let attribution, !attribution.effects.isEmpty else { return nil }
    let points = attribution.effects.map { Chart.Point($0.predicted, $0.real) }
    let fit = [("slope", attribution.slope), ("correlation", attribution.correlation)]
      .compactMap { name, value in value.map { "\(name) \(Quantity.fixed($0, 3))" } }
    return Drawing(
      "Unit \(attribution.address) at token \(attribution.token)",
      note: fit.joined(separator: ", "),
      charts: [
        Chart(
          "Setting one unit of layer \(attribution.address.layer - 1) to zero",
          x: Chart.Axis("predicted change"), y: Chart.Axis("real change"),
          series: [Chart.Series("", points, mark: .dots, ink: .blue)], hasDiagonal: true)
      ], columns: 1)
  }
}
