import ArgumentParser

/// What decides all chance of a command: a number from 0 to 2⁶³ − 1, which JSON can carry.
struct Seed: ExpressibleByArgument {
  let value: UInt64

  init?(argument: String) {
    guard let number = Int64(argument), number >= 0 else { return nil }
    value = UInt64(number)
  }

  private init(value: UInt64) {
    self.value = value
  }

  /// The seed of what need not be different from call to call.
  static let zero = Seed(value: 0)

  var defaultValueDescription: String { String(value) }

  /// A seed by chance, short enough to be typed again.
  static func drawn() -> Seed { Seed(value: .random(in: 0..<1 << 32)) }
}
