/// Ways to make long series of numbers fit for a chart.
public enum Curve {
  /// At most `count` points, 3 or more: the first and the last as they are, between them the means of
  /// ranges of equal numbers of points.
  ///
  /// - Parameters:
  ///   - points: points in order.
  ///   - count: the most points.
  /// - Returns: `points` if they are few enough.
  public static func thinned(_ points: [Chart.Point], to count: Int) -> [Chart.Point] {
    guard points.count > count else { return points }
    let (inner, parts) = (points.count - 2, max(1, count - 2))
    let means = (0..<parts).map { part in
      let range = points[1 + part * inner / parts..<1 + (part + 1) * inner / parts]
      let size = Double(range.count)
      return Chart.Point(
        range.reduce(0) { $0 + $1.x } / size, range.reduce(0) { $0 + $1.y } / size)
    }
    return [points[0]] + means + [points[points.count - 1]]
  }

  /// At most `count` of `values`, evenly spread, the first and the last among them.
  public static func spread<Value>(_ values: [Value], to count: Int) -> [Value] {
    guard values.count > count, count > 1 else { return values }
    return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
  }
}

/// A unit for numbers up to some size.
public struct Magnitude: Hashable, Sendable {
  /// The value of the unit.
  public let value: Double
  /// Its name; `nil` for single things.
  public let name: String?

  /// The unit for counts up to `largest`: things, thousands, millions or billions.
  public static func count(upTo largest: Double) -> Magnitude {
    switch largest {
    case ..<10_000: Magnitude(value: 1, name: nil)
    case ..<2e6: Magnitude(value: 1e3, name: "thousand")
    case ..<2e9: Magnitude(value: 1e6, name: "million")
    default: Magnitude(value: 1e9, name: "billion")
    }
  }

  /// The unit for times up to `largest` seconds: seconds, minutes, hours or days.
  public static func time(upTo largest: Double) -> Magnitude {
    switch largest {
    case ..<300: Magnitude(value: 1, name: "s")
    case ..<18_000: Magnitude(value: 60, name: "min")
    case ..<432_000: Magnitude(value: 3600, name: "h")
    default: Magnitude(value: 86_400, name: "d")
    }
  }
}
