/// A picture over the whole width of a drawing.
public enum Panel: Sendable {
  /// A matrix, the darker the larger.
  case matrix(ShareMatrix)
  /// A text in colours.
  case text(ColoredText)

  func height(_ width: Double) -> Double {
    switch self {
    case .matrix(let matrix): matrix.height(width)
    case .text(let text): text.height(width)
    }
  }

  func paint(_ writer: inout MarkupWriter, left: Double, top: Double, width: Double) {
    switch self {
    case .matrix(let matrix): matrix.paint(&writer, left: left, top: top, width: width)
    case .text(let text): text.paint(&writer, left: left, top: top, width: width)
    }
  }
}

/// A square matrix of shares from 0 to 1 with a name for every row and column, the largest share
/// the darkest.
public struct ShareMatrix: Sendable {
  /// The rows and columns that are drawn at most.
  public static let limit = 96

  private let title: String
  private let names: [String]
  private let rows: [[Double]?]

  /// The least share that is drawn, as a part of the largest one.
  private static let least = 0.01
  private static let label = 110.0
  /// The fewest tokens of a row that the scale of colours is made for.
  private static let fewest = 3

  /// A matrix of `rows`, `nil` for one without values, under `title`.
  public init(_ title: String, names: [String], rows: [[Double]?]) {
    self.title = title
    self.names = Array(names.prefix(Self.limit))
    self.rows = Array(rows.prefix(Self.limit))
  }

  private func cell(_ width: Double) -> Double {
    min(18, (width - Self.label) / Double(max(1, names.count)))
  }

  /// The largest share of a row that tells something: one that sees few tokens must give them much.
  private var largestShare: Double {
    let shares = rows.compactMap { $0?.prefix(names.count) }
    let telling = shares.filter { row in row.count { $0 > 0 } >= Self.fewest }
    return (telling.isEmpty ? shares : telling).compactMap { $0.max() }.max() ?? 0
  }

  func height(_ width: Double) -> Double {
    30 + Self.label + cell(width) * Double(names.count)
  }

  func paint(_ writer: inout MarkupWriter, left: Double, top: Double, width: Double) {
    let size = cell(width)
    let (x, y) = (left + Self.label, top + 22 + Self.label)
    let edge = size * Double(names.count)
    let largest = largestShare
    writer.open("g")
    writer.text(
      "\(title); darkest: \((100 * largest).text(digits: 1)) %", x: left, y: top + 14, class: "name"
    )
    writer.element("rect", MarkupWriter.box(x, y, edge, edge) + [("class", "frame")])
    for (index, name) in names.enumerated() where size > 6 {
      let middle = (Double(index) + 0.5) * size + 4
      let short = name.count > 16 ? name.prefix(15) + "…" : name
      writer.text(short, x: x - 5, y: y + middle, anchor: "end")
      writer.text(short, x: x + middle, y: y - 5, turned: true)
    }
    for (query, row) in rows.enumerated() {
      for (key, share) in (row ?? []).prefix(names.count).enumerated()
      where share > Self.least * largest {
        let place = MarkupWriter.box(
          x + Double(key) * size, y + Double(query) * size, size, size)
        writer.open(
          "rect",
          place + [
            ("class", "blue cell"), ("fill-opacity", min(1, share / largest).text(digits: 3)),
          ])
        writer.element(
          "title", text: "\(names[query]) → \(names[key]): \((100 * share).text(digits: 1)) %")
        writer.close("rect")
      }
    }
    writer.close("g")
  }
}

/// A text of tokens, each in the colour of its kind.
public struct ColoredText: Sendable {
  private let title: String
  private let tokens: [(text: String, kind: Int)]
  private let kinds: [String]

  private static let letter = 7.2
  private static let line = 22.0

  /// The tokens of `tokens`, spelled as they are shown, under `title`; `kinds` are the names of the
  /// legend.
  public init(_ title: String, tokens: [(text: String, kind: Int)], kinds: [String]) {
    (self.title, self.tokens, self.kinds) = (title, tokens, kinds)
  }

  /// The places of boxes of these widths, line by line.
  private func places(_ texts: [String], gap: Double, _ width: Double) -> [(x: Double, y: Double)] {
    var place = (x: 0.0, y: 0.0)
    return texts.map { text in
      let size = Self.letter * Double(text.count)
      if place.x > 0, place.x + size > width { place = (0, place.y + Self.line) }
      defer { place.x += size + gap }
      return place
    }
  }

  private func bottom(_ texts: [String], gap: Double, _ width: Double) -> Double {
    (places(texts, gap: gap, width).last?.y ?? 0) + Self.line
  }

  func height(_ width: Double) -> Double {
    36 + bottom(kinds, gap: Self.letter, width) + bottom(tokens.map(\.text), gap: 0, width)
  }

  func paint(_ writer: inout MarkupWriter, left: Double, top: Double, width: Double) {
    writer.open("g")
    writer.text(title, x: left, y: top + 14, class: "name")
    let legend = top + 24
    let text = legend + bottom(kinds, gap: Self.letter, width) + 4
    for (kind, place) in places(kinds, gap: Self.letter, width).enumerated() {
      paint(kinds[kind], kind, left + place.x, legend + place.y, &writer)
    }
    let start = places(tokens.map(\.text), gap: 0, width)
    for (token, place) in zip(tokens, start) {
      paint(token.text, token.kind, left + place.x, text + place.y, &writer)
    }
    writer.close("g")
  }

  private func paint(
    _ text: String, _ kind: Int, _ x: Double, _ y: Double, _ writer: inout MarkupWriter
  ) {
    guard !text.isEmpty else { return }
    let width = Self.letter * Double(text.count)
    writer.element(
      "rect",
      MarkupWriter.box(x, y, width, Self.line - 4) + [
        ("fill", HeadColor(kind, of: kinds.count).css)
      ])
    // The width is that of the box in any font; a space at an end would be dropped.
    writer.element(
      "text",
      [
        ("class", "token"), ("x", MarkupWriter.number(x)), ("y", MarkupWriter.number(y + 13)),
        ("textLength", MarkupWriter.number(width)), ("lengthAdjust", "spacingAndGlyphs"),
      ], text: String(text.map { $0 == " " ? "\u{A0}" : $0 }))
  }
}

extension MarkupWriter {
  /// The attributes of a rectangle.
  static func box(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double
  ) -> [(String, String)] {
    [("x", number(x)), ("y", number(y)), ("width", number(width)), ("height", number(height))]
  }
}
