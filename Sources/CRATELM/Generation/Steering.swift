/// Changes of units while a model writes.
public struct Steering: Hashable, Sendable {
  /// The tokens of a text that changes are made at.
  public enum Extent: String, CaseIterable, Sendable {
    /// The last token of the prompt and all that are written.
    case written
    /// The prompt's other tokens too.
    case all
  }

  /// The changes, each of another unit.
  public let interventions: [Intervention]
  /// The tokens that they are made at.
  public let extent: Extent

  /// The most that an activation is set to, raised by or multiplied with: far beyond all
  /// activations, and its square is a number in single precision.
  public static let largestValue: Float = 1e6

  /// The changes `interventions` at the tokens of `extent`.
  public init(_ interventions: [Intervention], at extent: Extent = .written) {
    (self.interventions, self.extent) = (interventions, extent)
  }

  /// The same changes of random units, none of them a steered one, in the same layers.
  ///
  /// - Parameters:
  ///   - configuration: the shape of the model, which has the steered units.
  ///   - seed: decides the units.
  /// - Returns: the changes; `nil` if a layer has too few other units.
  public func atRandomUnits(of configuration: ModelConfiguration, seed: UInt64) -> Steering? {
    guard let unitCount = configuration.unitCount else { return nil }
    var generator = SplitMix64(seed: seed, stream: "steering")
    var taken = Set(interventions.map(\.address))
    var moved: [Intervention] = []
    for intervention in interventions {
      let layer = intervention.address.layer
      let free = (0..<unitCount).map { UnitAddress(layer: layer, unit: $0) }
        .filter { !taken.contains($0) }
      guard let address = free.randomElement(using: &generator) else { return nil }
      taken.insert(address)
      moved.append(Intervention(address, intervention.change))
    }
    return Steering(moved, at: extent)
  }

  /// The steered tokens among those at `places` of a text, as rows of the pass that reads these.
  func rows(of places: Range<Int>, promptCount: Int) -> Range<Int> {
    let first = extent == .all ? 0 : promptCount - 1 - places.lowerBound
    return min(max(first, 0), places.count)..<places.count
  }
}

extension ModelConfiguration {
  /// Checks that the model's units can be changed so.
  ///
  /// - Throws: ``ConfigurationError`` for a unit that there is not or that is named twice, and for
  ///   a value that is no number or too large.
  func require(_ steering: Steering) throws(ConfigurationError) {
    var seen = Set<UnitAddress>()
    for intervention in steering.interventions {
      let address = intervention.address
      try require(address)
      guard seen.insert(address).inserted else {
        throw ConfigurationError("The unit \(address) is changed twice; expected one change of it.")
      }
      let value = intervention.change.value
      guard value.magnitude <= Steering.largestValue else {
        throw ConfigurationError(
          """
          The change \(intervention) has the value \(value); expected a number from -1000000 to \
          1000000.
          """)
      }
    }
  }
}
