/// A light background that tells one of several kinds from the others; black is read on it.
public struct HeadColor: Hashable, Sendable {
  /// The largest number of kinds that the 256 colours of a terminal tell apart.
  public static let limit = 12

  private let red, green, blue: Double

  /// The colour of kind `index` of `count`.
  public init(_ index: Int, of count: Int) {
    // Six sectors of the colour circle, each a mixture of two of its corners.
    let corners = [
      (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 1.0),
      (1.0, 0.0, 1.0),
    ]
    let place = 6 * Double(index % max(1, count)) / Double(max(1, count))
    let (from, to, share) = (
      corners[Int(place)], corners[(Int(place) + 1) % 6], place - place.rounded(.down)
    )
    func light(_ a: Double, _ b: Double) -> Double { 0.6 + 0.4 * (a + (b - a) * share) }
    (red, green, blue) = (light(from.0, to.0), light(from.1, to.1), light(from.2, to.2))
  }

  /// The colour of an image.
  var css: String {
    let parts = [red, green, blue].map { "\(Int(($0 * 255).rounded()))" }
    return "rgb(\(parts.joined(separator: ",")))"
  }

  /// The nearest of the 216 colours of a terminal's cube, by its number.
  public var terminalNumber: Int {
    // The levels of the cube are 0, 95, 135, 175, 215 and 255.
    func level(_ value: Double) -> Int { Int(((value * 255 - 55) / 40).rounded()) }
    return 16 + 36 * level(red) + 6 * level(green) + level(blue)
  }
}
