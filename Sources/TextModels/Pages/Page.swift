/// A page of HTML that stands by itself: nothing is loaded from elsewhere, every text is escaped.
struct Page {
  private let title: String
  private var body = MarkupWriter()

  /// A page with a title above its content.
  init(_ title: String) {
    self.title = title
    body.element("h1", text: title)
  }

  /// The page.
  var html: String {
    var writer = MarkupWriter()
    writer.raw("<!DOCTYPE html>\n<html data-generator=\"crate-lm\" lang=\"en\">\n")
    writer.raw("<head>\n<meta charset=\"utf-8\">\n")
    writer.element(
      "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
    writer.element("meta", [("name", "color-scheme"), ("content", "light dark")])
    writer.element(
      "meta",
      [
        ("http-equiv", "Content-Security-Policy"),
        (
          "content",
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        ),
      ])
    writer.element("title", text: title)
    writer.raw("<style>\n\(Drawing.style)\n\(PackageResources.page_css.text)</style>\n</head>\n")
    writer.raw("<body>\n\(body.output)</body>\n</html>\n")
    return writer.output
  }

  /// A heading of a part.
  mutating func heading(_ text: String) { body.element("h2", text: text) }

  /// A paragraph of text.
  mutating func paragraph(_ text: String) { body.element("p", text: text) }

  /// A list of sentences.
  mutating func list(_ texts: [String]) {
    body.open("ul")
    for text in texts { body.element("li", text: text) }
    body.close("ul")
  }

  /// Charts side by side as there is room, each with a table of its numbers.
  mutating func figures(_ charts: [Chart]) {
    body.open("div", [("class", "figures")])
    for chart in charts {
      body.open("figure")
      body.raw(Drawing.inline(chart))
      body.open("details")
      body.element("summary", text: "Numbers")
      table(ChartTable(chart).rows, caption: chart.title)
      body.close("details")
      body.close("figure")
    }
    body.close("div")
  }

  /// A table of `rows`, the first one its heading; `wraps` for long texts in the last column.
  mutating func table(_ rows: [[String]], caption: String? = nil, wraps: Bool = false) {
    guard let heading = rows.first else { return }
    body.open("div", [("class", wraps ? "table prose" : "table")])
    body.open("table")
    if let caption { body.element("caption", text: caption) }
    row(heading, of: "th", [("scope", "col")])
    for cells in rows.dropFirst() { row(cells, of: "td", [("dir", "auto")]) }
    body.close("table")
    body.close("div")
  }

  private mutating func row(_ cells: [String], of name: String, _ attributes: [(String, String)]) {
    body.open("tr")
    for cell in cells { body.element(name, attributes, text: cell) }
    body.close("tr")
  }

  /// An element that a script fills.
  mutating func place(_ id: String) {
    body.element("div", [("id", id)], text: "")
  }

  /// A script, and the data that it reads from the element `data`, as JSON.
  mutating func script(_ source: String, data: [UInt8]) {
    // Within a string of JSON these are the same characters; within a script they would end it.
    let json = String(decoding: data, as: UTF8.self).replacing("<", with: "\\u003c")
    body.raw("<script type=\"application/json\" id=\"data\">\(json)</script>\n")
    body.raw("<script>\n\(source)</script>\n")
  }
}

extension [UInt8] {
  /// The bytes as text.
  var text: String { String(decoding: self, as: UTF8.self) }
}

/// The numbers of a chart as a table, a row for each place of the horizontal axis.
struct ChartTable {
  private let chart: Chart

  /// The most points of a series in a table.
  private static let longest = 12

  init(_ chart: Chart) { self.chart = chart }

  /// The rows, the heading first.
  var rows: [[String]] {
    let series = chart.series.map { Curve.spread($0.points, to: Self.longest) }
    let places = Set(series.joined().map(\.x)).sorted()
    let names = chart.series.map { $0.name.isEmpty ? chart.y.text : $0.name }
    return [[chart.x.text] + names]
      + places.map { x in
        [x.significant] + series.map { points in points.last { $0.x == x }?.y.significant ?? "" }
      }
  }
}

extension Double {
  /// The number with about five significant digits.
  var significant: String {
    guard isFinite, self != 0 else { return text(digits: 0) }
    var (digits, size) = (0, abs(self))
    while digits < 12, size < 10_000 {
      size *= 10
      digits += 1
    }
    let text = text(digits: digits)
    guard digits > 0, text.contains(".") else { return text }
    let end = text.lastIndex { $0 != "0" } ?? text.startIndex
    return String(text[...(text[end] == "." ? text.index(before: end) : end)])
  }
}
