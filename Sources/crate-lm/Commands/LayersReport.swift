import CRATELM
import Storage
import TextModels

/// The result of `analyze layers`.
struct LayersReport: Report {
  let model: String
  let shape: ModelConfiguration
  let trained: LayerAnalysis
  let random: LayerAnalysis
  let seed: UInt64
  let tokenizer: Fingerprint

  var fields: JSONFields {
    [
      "layers": trained.layersJSON,
      "random": ["layers": random.layersJSON, "seed": seed] as JSONFields,
      "epsilon": trained.epsilon, "sparsity_penalty": trained.sparsityPenalty,
      "sequences": trained.sequences, "context": trained.sequenceLength,
      "architecture": shape.architecture.rawValue, "objective": shape.objective.rawValue,
      "tokenizer": tokenizer.description,
    ]
  }

  var text: String {
    let heading = """
      \(trained.sequences.counting("sequence")) of \(trained.sequenceLength.counting("token")), \
      epsilon \(trained.epsilon)
      random: the same model at random initialisation, seed \(seed)

      """
    return heading + Self.groups.compactMap(table).joined()
  }

  /// A column of a table: its heading and its text for a layer.
  private typealias Column = (heading: String, text: @Sendable (LayerMeasures) -> String)

  /// The tables, each within 80 columns.
  private static let groups: [(title: String, columns: [Column])] = [
    ("Code: does ISTA sparsify?", code),
    ("Coding rates, nats per token, before > after attention: does it compress?", compression),
    ("Heads", heads),
  ]

  private static let code: [Column] = [
    ("nonzero", { percent($0.code?.nonzeroFraction.mean) }),
    ("Hoyer", { number($0.code?.hoyer?.mean, 2) }),
    ("dead", { percent($0.code?.dead) }),
    ("on", { percent($0.code?.alwaysOn) }),
    ("cos", { number($0.dictionary?.coherence.mean, 3) }),
    ("eta s^2", { number($0.dictionary?.stepStability, 2) }),
  ]

  private static let compression: [Column] = [
    ("R official", { rates($0.codingRate, .official) }),
    ("R^c official", { rates($0.subspaceRate, .official) }),
    ("R^c normalized", { rates($0.subspaceRate, .normalized) }),
    ("R^c formula", { rates($0.subspaceRate, .formula) }),
  ]

  private static let heads: [Column] = [
    ("overlap", { number($0.subspaces?.overlap?.mean, 3) }),
    ("rank", { number($0.subspaces?.effectiveRank?.mean, 1) }),
    ("entropy", { number($0.entropy?.mean, 2) }),
    ("self", { percent($0.selfShare?.mean) }),
  ]

  /// A row for every layer, with one of the random model below it; `nil` if no measure of the group
  /// has a meaning for the architecture.
  private func table(_ title: String, _ columns: [Column]) -> String? {
    let shown = columns.filter { column in
      trained.layers.contains { column.text($0) != Self.nothing }
    }
    guard !shown.isEmpty else { return nil }
    var rows = [["layer"] + shown.map(\.heading)]
    for (layer, measures) in trained.layers.enumerated() {
      rows.append(["\(layer)"] + shown.map { $0.text(measures) })
      rows.append(["random"] + shown.map { $0.text(random.layers[layer]) })
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return "\n\(title)\n"
      + rows.map { row in
        zip(row, widths).map { $0.aligned(to: $1) }.joined(separator: "  ") + "\n"
      }.joined()
  }

  private static let nothing = "-"

  private static func number(_ value: Double?, _ digits: Int) -> String {
    value.map { Quantity.fixed($0, digits) } ?? nothing
  }

  private static func percent(_ share: Double?) -> String {
    share.map { Quantity.fixed(100 * $0, 1) + "%" } ?? nothing
  }

  private static func rates(_ rates: LayerMeasures.Rates?, _ form: RateForm) -> String {
    guard let before = rates?[.before, form], let after = rates?[.after, form] else {
      return nothing
    }
    return "\(Quantity.fixed(before.mean, 1)) > \(Quantity.fixed(after.mean, 1))"
  }
}

extension LayersReport {
  /// The measures over the layers, the random initialisation in grey.
  var drawing: Drawing {
    Drawing(
      "Layers of \(model)",
      note: "\(shape.architecture.rawValue), \(trained.sequences.counting("sequence")) of "
        + "\(trained.sequenceLength.counting("token")), ε \(trained.epsilon); bars: deviation "
        + "over sequences",
      charts: LayerCharts(trained: trained, random: random).charts)
  }
}

extension JSONValue: JSONRepresentable {
  var json: JSONValue { self }
}
