/// A unit of the code of a layer, written `LAYER:UNIT`; both count from 0.
public struct UnitAddress: Hashable, Sendable, LosslessStringConvertible {
  /// The layer.
  public let layer: Int
  /// The unit of its code.
  public let unit: Int

  /// The unit `unit` of the layer `layer`.
  public init(layer: Int, unit: Int) { (self.layer, self.unit) = (layer, unit) }

  /// The unit of a text such as `3:17`; `nil` for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let layer = parts[0], let unit = parts[1], layer >= 0, unit >= 0 else {
      return nil
    }
    self.init(layer: layer, unit: unit)
  }

  /// `LAYER:UNIT`.
  public var description: String { "\(layer):\(unit)" }
}

/// A change of a unit's activation while a pass runs, which goes on with the new value.
public struct Intervention: Hashable, Sendable {
  /// What becomes of the activation.
  public enum Change: Hashable, Sendable {
    case set(Float)
    case add(Float)
    case scale(Float)

    /// The new activation, the term or the factor.
    var value: Float {
      switch self {
      case .set(let value), .add(let value), .scale(let value): value
      }
    }

    /// The activation after the change.
    func callAsFunction(_ value: Float) -> Float {
      switch self {
      case .set(let new): new
      case .add(let term): value + term
      case .scale(let factor): value * factor
      }
    }
  }

  /// The unit.
  public let address: UnitAddress
  /// The change.
  public let change: Change

  /// The change `change` of the unit at `address`.
  public init(_ address: UnitAddress, _ change: Change) {
    (self.address, self.change) = (address, change)
  }

  /// The unit set to zero, a value that it has of itself: in `crate` nothing bypasses the code.
  public static func ablation(of address: UnitAddress) -> Intervention {
    Intervention(address, .set(0))
  }
}

extension Intervention: LosslessStringConvertible {
  /// The change of a text such as `3:17=2.5`, `3:17+=2.5` or `3:17*=0.5`; `nil` for any other text.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex,
      let value = Float(text[text.index(after: sign)...])
    else { return nil }
    let (name, change): (Substring, Change) =
      switch text[text.index(before: sign)] {
      case "+": (text[..<text.index(before: sign)], .add(value))
      case "*": (text[..<text.index(before: sign)], .scale(value))
      default: (text[..<sign], .set(value))
      }
    guard let address = UnitAddress(String(name)) else { return nil }
    self.init(address, change)
  }

  /// `LAYER:UNIT=VALUE`, with `+=` or `*=` instead if the activation is added to or scaled.
  public var description: String {
    switch change {
    case .set(let value): "\(address)=\(value)"
    case .add(let value): "\(address)+=\(value)"
    case .scale(let value): "\(address)*=\(value)"
    }
  }
}

extension ModelConfiguration {
  /// The units of the code of each layer; `nil` for an architecture without codes.
  public var unitCount: Int? {
    switch architecture {
    case .crate: width
    case .crateOvercomplete, .crateAlpha: OvercompleteISTA.overcompleteness * width
    case .transformer: FeedForward.expansionFactor * width
    case .attentionOnly: nil
    }
  }

  /// Checks that the model has the unit at `address`.
  ///
  /// - Throws: ``ConfigurationError``, which names the units that there are.
  public func require(_ address: UnitAddress) throws(ConfigurationError) {
    guard let unitCount else {
      throw ConfigurationError(
        """
        The model is \(architecture.rawValue), whose layers have no codes; expected a unit of an \
        architecture with codes.
        """)
    }
    guard (0..<depth).contains(address.layer), (0..<unitCount).contains(address.unit) else {
      throw ConfigurationError(
        """
        There is no unit \(address); the layers are 0 to \(depth - 1), the units of each 0 to \
        \(unitCount - 1).
        """)
    }
  }
}

/// Makes changes of units in the passes that it observes.
package final class Interventions: Instruments, @unchecked Sendable {
  package let observesActivations = true
  /// The tokens that the first change was made at, in all passes.
  package private(set) var positionCount = 0
  /// The tokens of the next pass to make the changes at; `nil` for all.
  package var rows: Range<Int>?
  private let interventions: [Intervention]

  /// - Parameters:
  ///   - interventions: the changes, in their order.
  ///   - rows: the tokens of each pass to make them at; `nil` for all.
  package init(_ interventions: [Intervention], rows: Range<Int>? = nil) {
    (self.interventions, self.rows) = (interventions, rows)
  }

  package func produced(_ name: ActivationName, _ values: Matrix) {
    guard name.role == .code else { return }
    let rows = (rows ?? 0..<values.rows).clamped(to: 0..<values.rows)
    for (index, intervention) in interventions.enumerated()
    where intervention.address.layer == name.layer {
      let unit = intervention.address.unit
      for row in rows { values[row][unit] = intervention.change(values[row][unit]) }
      if index == 0 { positionCount += rows.count }
    }
  }
}
