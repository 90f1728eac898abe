import Testing
import TextModels

/// Charts, with numbers worked out by hand.
@Suite struct ChartTests {
  private func chart(_ points: [Chart.Point], names: [String] = [""]) -> Chart {
    Chart(
      "Loss", x: Chart.Axis("step"), y: Chart.Axis("loss"),
      series: names.map { Chart.Series($0, points, ink: .blue) })
  }

  /// Labels have the digits that their distance needs, no more.
  @Test func labelsAreShort() {
    // Marks every 0.02, which is no binary fraction.
    let svg = Drawing("", charts: [chart([.init(0, 0.37), .init(1, 0.47)])]).svg
    #expect(svg.contains(">0.40<") && !svg.contains(">0.400"))
    // A constant of 0.01 keeps an axis near it.
    let constant = Drawing("", charts: [chart([.init(0, 0.01), .init(1, 0.01)])]).svg
    #expect(constant.contains(">0.010<") && !constant.contains(">−0"))
  }

  /// The ends stay, and each point between is the mean of equally many.
  @Test func curvesAreThinned() {
    let points = (0..<12).map { Chart.Point(Double($0), Double($0 * $0)) }
    let thin = Curve.thinned(points, to: 4)
    #expect(thin.map(\.x) == [0, 3, 8, 11])
    // The means of 1, 4, 9, 16, 25 and of 36, 49, 64, 81, 100.
    #expect(thin.map(\.y) == [0, 11, 66, 121])
    #expect(Curve.thinned(points, to: 12).count == 12)
    #expect(Curve.spread(Array(0..<10), to: 4) == [0, 3, 6, 9])
  }

  /// Charts of a terminal keep to their width, whatever the numbers.
  @Test(arguments: [1, 10, 30, 60, 200])
  func textChartsFit(width: Int) {
    let points = [Chart.Point(0, 1e100), Chart.Point(1, 3), Chart.Point(2, -1e99)]
    let names = (0..<9).map { "run \($0)" }
    let text = TextChart(
      chart(points, names: names), width: width, height: 5, isColored: false
    ).text
    #expect(
      text.split(separator: "\n").allSatisfy { $0.count <= max(width, TextChart.leastWidth) })
  }

  /// One curve from the lower left to the upper right, dot by dot.
  @Test func linesAreDots() {
    let text = TextChart(
      chart([.init(0, 0), .init(1, 1)]), width: 30, height: 4, isColored: false
    ).text
    let rows = text.split(separator: "\n").filter { $0.contains("│") }
    #expect(rows.count == 4)
    let places = rows.map { row in
      row.enumerated().filter { ("\u{2801}"..."\u{28FF}").contains($0.element) }.map(\.offset)
    }
    for (upper, lower) in zip(places, places.dropFirst()) {
      #expect(upper.min() ?? 0 >= lower.max() ?? 99)
    }
  }

  @Test func sparklinesLeaveOutWhatIsNoNumber() {
    #expect(sparkline([1, 2, 8]) == "▁▂█")
    #expect(sparkline([1, .nan, 8, .infinity]) == "▁█")
    #expect(sparkline([3, 3]) == "▄▄")
    #expect(sparkline([]).isEmpty)
  }
}
