/// Draws a chart into its cell of a drawing.
struct ChartPainter {
  private let chart: Chart
  private let left, top, width, height: Double
  private let xScale, yScale: Scale

  private static let inset = (left: 56.0, right: 14.0, top: 54.0, bottom: 44.0)
  /// The width of a letter of the legend, for the places of its names.
  private static let letterWidth = 6.1

  init(_ chart: Chart, left: Double, top: Double, width: Double, height: Double) {
    (self.chart, self.left, self.top, self.width, self.height) = (chart, left, top, width, height)
    let points = chart.series.flatMap(\.points)
    var xs = points.map(\.x)
    var ys = points.flatMap { [$0.y - ($0.deviation ?? 0), $0.y + ($0.deviation ?? 0)] }
    if chart.hasDiagonal { (xs, ys) = (xs + ys, xs + ys) }
    xScale = Scale(xs, isWhole: chart.x.isWhole)
    yScale = Scale(ys, isWhole: chart.y.isWhole)
  }

  /// The lines of the legend that charts of the usual height have room for.
  private static let usualLegendLines = 2
  private static let legendLine = 14.0

  /// The height that the legend of `chart` takes beyond that of usual charts.
  static func extraHeight(of chart: Chart, width: Double) -> Double {
    let lines = legend(of: chart, width: width).last.map { $0.line + 1 } ?? 0
    return legendLine * Double(max(0, lines - usualLegendLines))
  }

  /// The names of the series and their places: offsets from the left, and lines.
  private static func legend(
    of chart: Chart, width: Double
  ) -> [(series: Chart.Series, x: Double, line: Int)] {
    var (x, line) = (0.0, 0)
    return chart.series.filter { !$0.name.isEmpty }.map { series in
      let size = 32 + letterWidth * Double(series.name.count)
      if x + size > width - inset.left, x > 0 { (x, line) = (0, line + 1) }
      defer { x += size }
      return (series, x, line)
    }
  }

  func paint(_ writer: inout MarkupWriter) {
    writer.open("g")
    writer.text(chart.title, x: left + Self.inset.left, y: top + 14, class: "name")
    paintAxes(&writer)
    if chart.hasDiagonal {
      let ends = (max(xScale.low, yScale.low), min(xScale.high, yScale.high))
      writer.line(place(ends.0, ends.0), place(ends.1, ends.1), class: "guide")
    }
    for series in chart.series { paint(series, &writer) }
    paintLegend(&writer)
    writer.close("g")
  }

  private var ceiling: Double {
    top + Self.inset.top + Self.extraHeight(of: chart, width: width)
  }
  private var bottom: Double { top + height - Self.inset.bottom }
  private var right: Double { left + width - Self.inset.right }

  private func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let start = left + Self.inset.left
    return (
      start + xScale.position(x) * (right - start),
      bottom - yScale.position(y) * (bottom - ceiling)
    )
  }

  private func paintAxes(_ writer: inout MarkupWriter) {
    let start = left + Self.inset.left
    for mark in yScale.marks {
      let y = place(xScale.low, mark).y
      writer.line((start, y), (right, y), class: "grid")
      writer.text(yScale.text(mark), x: start - 5, y: y + 4, anchor: "end")
    }
    for mark in xScale.marks {
      let x = place(mark, yScale.low).x
      writer.line((x, bottom), (x, bottom + 4), class: "frame")
      writer.text(xScale.text(mark), x: x, y: bottom + 16, anchor: "middle")
    }
    writer.line((start, ceiling), (start, bottom), class: "frame")
    writer.line((start, bottom), (right, bottom), class: "frame")
    let middle = (start + right) / 2
    writer.text(chart.x.text, x: middle, y: bottom + 32, class: "note", anchor: "middle")
    writer.text(
      chart.y.text, x: left + 12, y: (ceiling + bottom) / 2, class: "note", anchor: "middle",
      turned: true)
  }

  private func paint(_ series: Chart.Series, _ writer: inout MarkupWriter) {
    let ink = series.ink.rawValue
    for point in series.points {
      guard let deviation = point.deviation else { continue }
      writer.line(
        place(point.x, point.y - deviation), place(point.x, point.y + deviation),
        class: "bar \(ink)")
    }
    let places = series.points.map { place($0.x, $0.y) }
    switch series.mark {
    case .line, .dashes:
      let path = places.map { "\(MarkupWriter.number($0.x)),\(MarkupWriter.number($0.y))" }
      writer.element(
        "polyline",
        [("class", "\(ink) \(series.mark.name)"), ("points", path.joined(separator: " "))])
      if places.count > 1 { return }
    case .dots: break
    }
    for place in places {
      writer.element(
        "circle",
        [
          ("class", ink), ("cx", MarkupWriter.number(place.x)),
          ("cy", MarkupWriter.number(place.y)),
          ("r", "3"),
        ])
    }
  }

  /// The names of the series, in as many lines as they need.
  private func paintLegend(_ writer: inout MarkupWriter) {
    for (series, x, line) in Self.legend(of: chart, width: width) {
      let place = (left + Self.inset.left + x, top + 28 + Self.legendLine * Double(line))
      paintKey(of: series, at: place, &writer)
    }
  }

  private func paintKey(
    of series: Chart.Series, at place: (x: Double, y: Double), _ writer: inout MarkupWriter
  ) {
    let (x, y) = place
    let ink = series.ink.rawValue
    if series.mark == .dots {
      writer.element(
        "circle",
        [
          ("class", ink), ("cx", MarkupWriter.number(x + 7)), ("cy", MarkupWriter.number(y - 4)),
          ("r", "3"),
        ])
    } else {
      writer.line((x, y - 4), (x + 14, y - 4), class: "\(ink) \(series.mark.name)")
    }
    writer.text(series.name, x: x + 18, y: y)
  }
}

extension Chart.Mark {
  /// The class of its lines.
  fileprivate var name: String {
    switch self {
    case .line: "line"
    case .dashes: "dashes"
    case .dots: "dots"
    }
  }
}
