/// A chart for a terminal: curves of Braille dots, each cell 2 dots wide and 4 high.
public struct TextChart: Sendable {
  private let chart: Chart
  private let width, height: Int
  private let isColored: Bool
  private let xScale, yScale: Scale

  /// A picture of `chart`.
  ///
  /// - Parameters:
  ///   - chart: the chart; every series is a line that ends in its letter.
  ///   - width: the columns, labels included; at least ``leastWidth``.
  ///   - height: the rows of the curves.
  ///   - isColored: whether escape sequences colour the curves.
  public init(_ chart: Chart, width: Int, height: Int, isColored: Bool) {
    self.chart = chart
    (self.width, self.height) = (max(width, Self.leastWidth), max(height, 2))
    self.isColored = isColored
    let points = chart.series.flatMap(\.points)
    xScale = Scale(points.map(\.x), isWhole: chart.x.isWhole)
    yScale = Scale(points.map(\.y), isWhole: chart.y.isWhole)
  }

  /// The letters that a row has room for, of curves that end in it.
  private static let mostLetters = 8
  private static let longestLabel = 12

  /// The letters of series, of which there may be at most so many.
  public static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

  /// The narrowest chart.
  public static let leastWidth = 30

  private var labels: [Int: String] {
    var labels: [Int: String] = [:]
    for mark in yScale.marks {
      labels[height - 1 - Int(yScale.position(mark) * Double(height))] =
        String(yScale.text(mark).prefix(Self.longestLabel))
    }
    return labels
  }

  private var margin: Int { labels.values.map(\.count).max() ?? 0 }
  /// The columns of the curves, between labels and letters.
  private var columns: Int { width - margin - 3 - min(chart.series.count, Self.mostLetters) }

  /// The lines of the chart.
  public var text: String {
    var canvas = Canvas(columns: columns, rows: height)
    var letters: [Int: [String]] = [:]
    for (index, series) in chart.series.enumerated() {
      let places = series.points.map { point in
        (
          x: xScale.position(point.x) * Double(2 * columns - 1),
          y: (1 - yScale.position(point.y)) * Double(4 * height - 1)
        )
      }
      for (from, to) in zip(places, places.dropFirst()) { canvas.line(from, to, series: index) }
      if let only = places.first { canvas.line(only, only, series: index) }
      guard let end = places.last, chart.series.count > 1 else { continue }
      letters[Int(end.y) / 4, default: []].append(letter(index))
    }
    let labels = labels
    let margin = margin
    let rows = (0..<height).map { row in
      let label = labels[row] ?? ""
      let space = String(repeating: " ", count: margin - label.count)
      return
        "\(space)\(label) │\(line(canvas, row))\(letters[row].map { " " + $0.prefix(Self.mostLetters).joined() } ?? "")"
    }
    return ([String((chart.title + ", " + chart.y.text).prefix(width))] + rows + axis + legend)
      .map { $0 + "\n" }.joined()
  }

  private func line(_ canvas: Canvas, _ row: Int) -> String {
    (0..<columns).map { column in
      let cell = canvas[row, column]
      return paint(String(cell.character), cell.series)
    }.joined()
  }

  private var axis: [String] {
    var marks = [Character](repeating: " ", count: columns)
    for mark in xScale.marks {
      let text = xScale.text(mark)
      let place = Int(xScale.position(mark) * Double(columns)) - text.count / 2
      guard place >= 0, place + text.count <= columns,
        marks[max(0, place - 1)..<min(columns, place + text.count + 1)].allSatisfy({ $0 == " " })
      else { continue }
      marks.replaceSubrange(place..<place + text.count, with: text)
    }
    let space = String(repeating: " ", count: margin + 1)
    return [
      space + "└" + String(repeating: "─", count: columns), space + " " + String(marks),
      space + " " + chart.x.text,
    ]
  }

  private var legend: [String] {
    guard chart.series.count > 1 else { return [] }
    return chart.series.enumerated().map { index, series in
      "\(letter(index)) \(series.name.prefix(width - 2))"
    }
  }

  private func letter(_ index: Int) -> String {
    paint(String(Self.letters[index % Self.letters.count]), index)
  }

  private func paint(_ text: String, _ series: Int?) -> String {
    guard isColored, let series else { return text }
    return "\u{1B}[38;5;\(chart.series[series].ink.terminalNumber)m\(text)\u{1B}[0m"
  }

  /// Dots in cells, and the series that drew into each cell last.
  private struct Canvas {
    let columns, rows: Int
    private var dots: [UInt8]
    private var owners: [Int?]

    /// The bit of each dot in U+2800 and the following, by row and column of the cell.
    private static let bits: [[UInt8]] = [
      [0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80],
    ]

    init(columns: Int, rows: Int) {
      (self.columns, self.rows) = (columns, rows)
      dots = [UInt8](repeating: 0, count: columns * rows)
      owners = [Int?](repeating: nil, count: columns * rows)
    }

    subscript(row: Int, column: Int) -> (character: Character, series: Int?) {
      let index = row * columns + column
      guard dots[index] > 0 else { return (" ", nil) }
      return (Character(Unicode.Scalar(0x2800 + UInt32(dots[index])) ?? " "), owners[index])
    }

    mutating func line(
      _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), series: Int
    ) {
      let steps = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)).rounded(.up)))
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        let x = Int((from.x + (to.x - from.x) * share).rounded())
        let y = Int((from.y + (to.y - from.y) * share).rounded())
        guard (0..<2 * columns).contains(x), (0..<4 * rows).contains(y) else { continue }
        let index = y / 4 * columns + x / 2
        dots[index] |= Self.bits[y % 4][x % 2]
        owners[index] = series
      }
    }
  }
}

extension Chart.Ink {
  /// The nearest of the 256 colours of a terminal that reads well on light and dark.
  fileprivate var terminalNumber: Int {
    switch self {
    case .blue: 33
    case .orange: 208
    case .green: 35
    case .purple: 99
    case .grey: 245
    }
  }
}

/// Numbers as a line of blocks, the highest for the largest.
///
/// - Parameter values: the numbers; those that are not finite are left out.
/// - Returns: a block for each.
public func sparkline(_ values: [Double]) -> String {
  let values = values.filter(\.isFinite)
  let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  guard let least = values.min(), let largest = values.max(), largest > least else {
    return String(repeating: "▄", count: values.count)
  }
  return String(
    values.map {
      blocks[Int((($0 - least) / (largest - least) * Double(blocks.count - 1)).rounded())]
    })
}
