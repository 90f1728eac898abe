/// A part of a data directory.
public enum Split: String, CaseIterable, Sendable, CustomStringConvertible {
  /// The tokens to learn from.
  case train
  /// The tokens held out.
  case validation

  /// The split's name, which is also that of its shards.
  public var description: String { rawValue }
}
