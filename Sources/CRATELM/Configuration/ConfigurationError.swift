/// A choice that cannot be carried out, with what would be accepted.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// One sentence: the value, what was expected, what to do.
  public let description: String

  package init(_ description: String) {
    self.description = description
  }
}
