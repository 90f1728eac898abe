/// An impossible choice, with the acceptable ones.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// One sentence: the value, the expected values, the remedy.
  public let description: String

  package init(_ description: String) {
    self.description = description
  }
}
