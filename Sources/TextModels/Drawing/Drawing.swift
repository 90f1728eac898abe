/// Charts in a grid and panels below them, as an SVG image of its own or as a part of a page.
///
/// Colours follow the reader's theme, light or dark; nothing is loaded from elsewhere. Texts are
/// escaped, so that any token may stand in them.
public struct Drawing: Sendable {
  /// The title above all charts.
  public var title: String
  /// A line below the title.
  public var note: String
  /// The charts, row by row.
  public var charts: [Chart]
  /// The charts of a row.
  public var columns: Int
  /// The panels, one below the other.
  public var panels: [Panel]

  /// A drawing of `charts` and `panels`.
  public init(
    _ title: String, note: String = "", charts: [Chart] = [], columns: Int = 3,
    panels: [Panel] = []
  ) {
    (self.title, self.note, self.charts, self.columns) = (title, note, charts, max(1, columns))
    self.panels = panels
  }

  private static let cell = (width: 320.0, height: 250.0)
  private static let top = 56.0
  private static let margin = 12.0

  /// The width without margins.
  private var room: Double {
    Self.cell.width * Double(panels.isEmpty ? min(columns, max(1, charts.count)) : columns)
  }
  private var width: Double { 2 * Self.margin + room }
  /// The lower end of the charts.
  private var middle: Double {
    Self.top + Self.cell.height * Double((charts.count + columns - 1) / columns)
  }
  private var height: Double {
    panels.reduce(middle) { $0 + $1.height(room) + Self.margin } + Self.margin
  }

  /// The image.
  public var svg: String {
    var writer = MarkupWriter()
    writer.open(
      "svg",
      [
        ("data-generator", "crate-lm"), ("xmlns", "http://www.w3.org/2000/svg"),
        ("viewBox", "0 0 \(Int(width)) \(Int(height))"),
        ("width", "\(Int(width))"), ("height", "\(Int(height))"), ("role", "img"),
      ])
    writer.element("title", text: title)
    writer.element("style", text: Self.style)
    writer.element("rect", [("class", "page"), ("width", "100%"), ("height", "100%")])
    writer.text(title, x: Self.margin, y: 24, class: "title")
    writer.text(note, x: Self.margin, y: 43, class: "note")
    for (index, chart) in charts.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let painter = ChartPainter(
        chart, left: Self.margin + Double(column) * Self.cell.width,
        top: Self.top + Double(row) * Self.cell.height,
        width: Self.cell.width, height: Self.cell.height)
      painter.paint(&writer)
    }
    var top = middle
    for panel in panels {
      panel.paint(&writer, left: Self.margin, top: top, width: room)
      top += panel.height(room) + Self.margin
    }
    writer.close("svg")
    return writer.output
  }

  /// The image of one chart within a page that has ``style``.
  static func inline(_ chart: Chart) -> String {
    let height = cell.height + ChartPainter.extraHeight(of: chart, width: cell.width)
    var writer = MarkupWriter()
    writer.open(
      "svg",
      [
        ("viewBox", "0 0 \(Int(cell.width)) \(Int(height))"), ("role", "img"),
        ("aria-label", chart.title),
      ])
    ChartPainter(chart, left: 0, top: 0, width: cell.width, height: height).paint(&writer)
    writer.close("svg")
    return writer.output
  }

  /// The colours and lines of charts, in a light and a dark page.
  static let style: String = {
    let light = ["#1f6fc4", "#c2570c", "#1b7f4d", "#7a4fc0", "#8a8f98"]
    let dark = ["#6cb2ff", "#ff9d5c", "#5fd39a", "#b99bff", "#8f96a3"]
    func inks(_ colors: [String]) -> String {
      zip(Chart.Ink.allCases, colors).map { ink, color in
        ".\(ink.rawValue){stroke:\(color);fill:\(color)}"
      }.joined()
    }
    return """
      text{font:11px system-ui,sans-serif;fill:#2a2d33}.title{font-size:15px;font-weight:600}\
      .name{font-size:12px;font-weight:600}.note{fill:#5c626c}.page{fill:#ffffff}\
      .frame{stroke:#5c626c;fill:none}.grid{stroke:#e3e5e9}.guide{stroke:#9aa0aa;\
      stroke-dasharray:2 3}.line{fill:none;stroke-width:1.8}.dashes{fill:none;stroke-width:1.4;\
      stroke-dasharray:5 3}.bar{stroke-width:1;opacity:.55}\(inks(light))\
      .line,.dashes{fill:none}.cell{stroke:none}.token{font:12px ui-monospace,monospace}\
      @media (prefers-color-scheme:dark){text{fill:#e6e8ec}\
      .note{fill:#a3a9b4}.page{fill:#16181d}.frame{stroke:#a3a9b4}.grid{stroke:#2b2f37}\
      .guide{stroke:#6b7280}\(inks(dark)).line,.dashes{fill:none}.cell{stroke:none}\
      }.token{fill:#16181d}
      """
  }()
}
