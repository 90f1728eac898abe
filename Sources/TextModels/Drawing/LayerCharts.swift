public import CRATELM

/// Charts of the measures of layers, trained beside random.
public struct LayerCharts: Sendable {
  private let trained: LayerAnalysis
  private let random: LayerAnalysis

  /// Charts of `trained`, measures of a model, and `random`, those of the same model at random
  /// initialisation.
  public init(trained: LayerAnalysis, random: LayerAnalysis) {
    (self.trained, self.random) = (trained, random)
  }

  /// A measure over the layers in each, the random model in grey; without measures that have no
  /// meaning for the architecture.
  public var charts: [Chart] {
    let forms = RateForm.allCases.map { form in
      rateChart("R^c, \(form.rawValue)", { $0.subspaceRate }, form)
    }
    let charts =
      LayerCurve.all.map { chart($0) }
      + [rateChart("R of the whole, official", { $0.codingRate }, .official)] + forms
    return charts.filter { $0.series.contains { !$0.points.isEmpty } }
  }

  private func chart(_ curve: LayerCurve) -> Chart {
    Chart(
      curve.title, x: Chart.Axis("layer", isWhole: true), y: curve.axis,
      series: [
        Chart.Series("random", points(random, curve.measure), mark: .dashes, ink: .grey),
        Chart.Series("trained", points(trained, curve.measure), ink: .blue),
      ])
  }

  /// A coding rate before and after attention.
  private func rateChart(
    _ title: String, _ rates: (LayerMeasures) -> LayerMeasures.Rates?, _ form: RateForm
  ) -> Chart {
    func series(
      _ name: String, _ analysis: LayerAnalysis, _ point: RatePoint, _ mark: Chart.Mark,
      _ ink: Chart.Ink
    ) -> Chart.Series {
      Chart.Series(name, points(analysis) { rates($0)?[point, form] }, mark: mark, ink: ink)
    }
    return Chart(
      title, x: Chart.Axis("layer", isWhole: true), y: Chart.Axis("rate", unit: "nats/token"),
      series: [
        series("random, before", random, .before, .dashes, .grey),
        series("random, after", random, .after, .line, .grey),
        series("trained, before", trained, .before, .dashes, .orange),
        series("trained, after", trained, .after, .line, .blue),
      ])
  }

  private func points(
    _ analysis: LayerAnalysis, _ measure: (LayerMeasures) -> Spread?
  ) -> [Chart.Point] {
    analysis.layers.enumerated().compactMap { layer, measures in
      measure(measures).map { Chart.Point(Double(layer), $0.mean, deviation: $0.deviation) }
    }
  }
}

/// A measure of layers that is drawn as one line.
struct LayerCurve: Sendable {
  let title: String
  let axis: Chart.Axis
  let measure: @Sendable (LayerMeasures) -> Spread?

  static let all = [
    LayerCurve(title: "Share of non-zeros of the code", axis: Chart.Axis("share")) {
      $0.code?.nonzeroFraction
    },
    LayerCurve(title: "Hoyer sparsity of the code", axis: Chart.Axis("sparsity")) {
      $0.code?.hoyer
    },
    LayerCurve(title: "Entropy of attention", axis: Chart.Axis("entropy", unit: "nats")) {
      $0.entropy
    },
    LayerCurve(title: "Attention of a token to itself", axis: Chart.Axis("share")) {
      $0.selfShare
    },
    LayerCurve(title: "Length of tokens before attention", axis: Chart.Axis("length")) {
      $0.tokenNorm[.before]
    },
    LayerCurve(title: "Overlap of heads' subspaces", axis: Chart.Axis("overlap")) {
      $0.subspaces?.overlap
    },
    LayerCurve(title: "Effective rank of heads", axis: Chart.Axis("rank")) {
      $0.subspaces?.effectiveRank
    },
  ]
}
