import CRATELM
import Storage

/// A page for one run, or for several side by side.
public struct RunPage: Sendable {
  private let runs: [RunSummary]

  /// The samples, and the layers with a curve of their own.
  private static let sampleCount = 12
  private static let layerCount = 5
  /// The charts of a picture.
  private static let pictureCharts = 6
  /// The runs whose layers, samples and settings are shown too.
  private static let detailedRuns = 8

  /// A page for `runs`, at least one.
  public init(_ runs: [RunSummary]) { self.runs = runs }

  /// The page as HTML.
  ///
  /// - Throws: what encoding a record throws.
  public func html() throws -> String {
    var page = Page(runs.map(\.name).joined(separator: ", "))
    addFigures(to: &page)
    page.heading("Learning")
    page.figures(learning)
    for run in runs.prefix(Self.detailedRuns) {
      let name = runs.count > 1 ? ": \(run.name)" : ""
      let warnings = run.warnings
      if !warnings.isEmpty {
        page.heading("Warnings" + name)
        page.list(warnings)
      }
      addLayers(of: run, name, to: &page)
      addSamples(of: run, name, to: &page)
      page.heading("Configuration, data and machine" + name)
      let bytes = try RecordFile.bytes(of: run.history.record)
      let times =
        run.history.times.map { [["from", $0.lowerBound], ["to", $0.upperBound]] } ?? []
      page.table(
        [["setting", "value"]] + times + (try JSONValue.parse(bytes)).leaves, wraps: true)
    }
    return page.html
  }

  /// The page's first charts as one picture: the loss and, of a single run whose layers were measured,
  /// these beside random initialisation.
  public var drawing: Drawing {
    let names = runs.map(\.name).joined(separator: ", ")
    guard runs.count == 1, let last = histories[0].analyses.last else {
      return Drawing(names, charts: Array(learning.prefix(3)))
    }
    let layers = LayerCharts(trained: last.trained, random: last.random).charts
    let model = histories[0].record.model
    return Drawing(
      names,
      note: "\(model.architecture.rawValue), \(model.depth.counting("layer")) of width "
        + "\(model.width), "
        + "after \(last.update.step.counting("update")); grey: the same model before training",
      charts: Array((learning.prefix(1) + layers).prefix(Self.pictureCharts)))
  }

  private func addFigures(to page: inout Page) {
    if runs.count == 1 {
      page.table(
        [["", ""]] + RunSummary.columns.dropFirst().map { [$0.heading, $0.text(runs[0])] })
    } else {
      page.table(
        [RunSummary.columns.map(\.heading)]
          + runs.map { run in RunSummary.columns.map { $0.text(run) } })
    }
  }

  // MARK: Learning

  private var histories: [RunHistory] { runs.map(\.history) }

  private var learning: [Chart] {
    let axes = [RunAxis.tokens, .time]
    let losses =
      runs.count == 1
      ? axes.map { bothLosses(by: $0) }
      : [.validationLoss, .bitsPerByte, .loss].flatMap { measure in
        axes.map { chart(measure, by: $0) }
      }
    let charts = losses + [.learningRate, .gradientNorm, .speed].map { chart($0, by: .tokens) }
    return charts.filter { $0.series.contains { !$0.points.isEmpty } }
  }

  /// The training and validation loss of the only run.
  private func bothLosses(by axis: RunAxis) -> Chart {
    let scale = axis.scale(for: histories)
    func series(_ name: String, _ measure: RunMeasure, _ ink: Chart.Ink) -> Chart.Series {
      Chart.Series(name, measure.points(of: histories[0], by: scale), ink: ink)
    }
    return Chart(
      "Loss by \(axis.rawValue)", x: scale.axis, y: RunMeasure.loss.axis,
      series: [series("training", .loss, .grey), series("validation", .validationLoss, .blue)])
  }

  private func chart(_ measure: RunMeasure, by axis: RunAxis) -> Chart {
    measure.chart(of: runs, by: axis)
  }

  // MARK: Layers

  private func addLayers(of run: RunSummary, _ name: String, to page: inout Page) {
    let charts = throughTraining(run.history)
    if !charts.isEmpty {
      page.heading("Layers through training" + name)
      page.figures(charts)
    }
    guard let last = run.history.analyses.last else { return }
    page.heading("Layers after step \(last.update.step), beside random initialisation" + name)
    page.figures(LayerCharts(trained: last.trained, random: last.random).charts)
  }

  private func throughTraining(_ history: RunHistory) -> [Chart] {
    let layers = Curve.spread(Array(0..<history.record.model.depth), to: Self.layerCount)
    let scale = RunAxis.tokens.scale(for: histories)
    func chart<Moment>(
      _ title: String, _ axis: Chart.Axis, _ moments: [Moment], _ update: (Moment) -> StepReport,
      _ value: (Moment, Int) -> Double?
    ) -> Chart {
      Chart(
        title, x: scale.axis, y: axis,
        series: layers.enumerated().map { index, layer in
          let points = moments.compactMap { moment in
            value(moment, layer).map { Chart.Point(scale.value(of: update(moment)), $0) }
          }
          return Chart.Series(
            "layer \(layer)", Curve.thinned(points, to: RunMeasure.longest),
            ink: Chart.Ink.distinct(index))
        })
    }
    let states: [(String, Chart.Axis, (LayerReport) -> Double?)] = [
      ("Dead units", Chart.Axis("share"), \.deadUnitShare),
      ("Step size times squared norm, η·σ²", Chart.Axis("η·σ²"), \.stepStability),
      ("Norm of the gradient by layer", Chart.Axis("norm"), { $0.gradientNorm }),
    ]
    let charts =
      states.map { title, axis, value in
        chart(title, axis, history.validations, \.update) {
          $0.layers.indices.contains($1) ? value($0.layers[$1]) : nil
        }
      }
      + RateForm.allCases.map { form in
        chart(
          "Change of R^c by attention, \(form.rawValue)", Chart.Axis("after − before"),
          history.analyses, \.update
        ) { moment, layer in
          let rates = moment.trained.layers[layer].subspaceRate
          guard let before = rates?[.before, form], let after = rates?[.after, form] else {
            return nil
          }
          return after.mean - before.mean
        }
      }
      + LayerCurve.all.map { curve in
        chart(curve.title, curve.axis, history.analyses, \.update) {
          curve.measure($0.trained.layers[$1])?.mean
        }
      }
    return charts.filter { $0.series.contains { !$0.points.isEmpty } }
  }

  private func addSamples(of run: RunSummary, _ name: String, to page: inout Page) {
    let samples = Curve.spread(run.history.samples, to: Self.sampleCount)
    guard !samples.isEmpty else { return }
    page.heading("Samples" + name)
    page.table([["step", "sample"]] + samples.map { ["\($0.step)", $0.text] }, wraps: true)
  }
}

extension JSONValue {
  /// The paths and texts of all values that are neither objects nor lists, in their order.
  fileprivate var leaves: [[String]] { leaves(at: "") }

  private func leaves(at path: String) -> [[String]] {
    func step(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch self {
    case .object(let object):
      return zip(object.keys, object.values).flatMap { $1.leaves(at: step($0)) }
    case .array(let values):
      return values.enumerated().flatMap { $1.leaves(at: step("\($0)")) }
    case .string(let text): return [[path, text]]
    default: return [[path, serialized().text]]
    }
  }
}
