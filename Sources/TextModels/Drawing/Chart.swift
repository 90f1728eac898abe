/// A chart: points over two axes, in one or more series.
public struct Chart: Sendable {
  /// The title.
  public var title: String
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// The series, drawn in their order.
  public var series: [Series]
  /// Whether the line y = x is drawn, on which a prediction equals what it predicts.
  public var hasDiagonal: Bool

  /// A chart of `series`.
  public init(
    _ title: String, x: Axis, y: Axis, series: [Series], hasDiagonal: Bool = false
  ) {
    (self.title, self.x, self.y, self.series) = (title, x, y, series)
    self.hasDiagonal = hasDiagonal
  }

  /// An axis with what it shows and its unit.
  public struct Axis: Sendable {
    /// What it shows.
    public var label: String
    /// The unit; `nil` for a number without one.
    public var unit: String?
    /// Whether its marks are whole numbers.
    public var isWhole: Bool

    /// An axis of this label.
    public init(_ label: String, unit: String? = nil, isWhole: Bool = false) {
      (self.label, self.unit, self.isWhole) = (label, unit, isWhole)
    }

    var text: String { unit.map { "\(label) [\($0)]" } ?? label }
  }

  /// A point; one that is not finite, or beyond 10¹⁵⁰, is left out.
  public struct Point: Sendable {
    /// The horizontal value.
    public var x: Double
    /// The vertical value.
    public var y: Double
    /// The deviation of the vertical value, drawn as a bar to both sides; `nil` for none.
    public var deviation: Double?

    /// A point at (x, y).
    public init(_ x: Double, _ y: Double, deviation: Double? = nil) {
      (self.x, self.y, self.deviation) = (x, y, deviation)
    }

    /// Whether a scale can show it.
    fileprivate var isDrawable: Bool { [x, y, deviation ?? 0].allSatisfy { abs($0) < 1e150 } }
  }

  /// Points that belong together.
  public struct Series: Sendable {
    /// The name in the legend; empty for none.
    public var name: String
    /// The points.
    public var points: [Point]
    /// The way they are drawn.
    public var mark: Mark
    /// Their colour.
    public var ink: Ink

    /// Points called `name`.
    public init(_ name: String, _ points: [Point], mark: Mark = .line, ink: Ink) {
      (self.name, self.points, self.mark, self.ink) = (name, points.filter(\.isDrawable), mark, ink)
    }
  }

  /// The way points are drawn.
  public enum Mark: Sendable { case line, dashes, dots }

  /// A colour of a theme: a light page has darker ones than a dark page.
  public enum Ink: String, CaseIterable, Sendable {
    case blue, orange, green, purple, grey

    /// A colour for the series `index` of several; after the last one they begin anew.
    public static func distinct(_ index: Int) -> Ink { allCases[index % allCases.count] }
  }
}

/// A range of values with round marks.
struct Scale {
  let low: Double
  let high: Double
  let marks: [Double]
  private let step: Double

  private static let leastMarkCount = 3

  /// The range of `values`, a little wider.
  init(_ values: some Sequence<Double>, isWhole: Bool) {
    let (least, largest) = (values.min() ?? 0, values.max() ?? 1)
    // Equal values get a range around them.
    let (range, size) = (largest - least, max(abs(least), abs(largest)))
    let room = range > max(size * 1e-12, 1e-150) ? range * 0.06 : size > 1e-150 ? size * 0.1 : 0.5
    let (low, high) = (least - room, largest + room)
    (self.low, self.high) = (low, high)
    var unit = 1.0
    while unit < high - low { unit *= 10 }
    while unit > high - low { unit /= 10 }
    let steps = [1, 0.5, 0.2, 0.1].map { isWhole ? max(1, ($0 * unit).rounded(.up)) : $0 * unit }
    let choices = steps.map { ($0, Self.marks(every: $0, from: low, to: high)) }
    (step, marks) =
      choices.first { $0.1.count >= Self.leastMarkCount } ?? choices[choices.count - 1]
  }

  private static func marks(every step: Double, from low: Double, to high: Double) -> [Double] {
    let (first, last) = ((low / step).rounded(.up), (high / step).rounded(.down))
    return first <= last ? (Int(first)...Int(last)).map { Double($0) * step } : []
  }

  /// 0 at the low end, 1 at the high one.
  func position(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A mark in as many digits as the distance between marks needs.
  func text(_ mark: Double) -> String {
    var (digits, unit) = (0, 1.0)
    while digits < 9, abs((step * unit).rounded() / unit - step) > 1e-6 * step {
      digits += 1
      unit *= 10
    }
    return mark.text(digits: digits)
  }
}

extension Double {
  /// The number with `digits` digits after its point and a minus sign as in print.
  func text(digits: Int) -> String { Quantity.fixed(self, digits).replacing("-", with: "−") }
}
