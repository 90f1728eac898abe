/// A part of the data: training or validation.
public enum Split: String, CaseIterable, Sendable, CustomStringConvertible {
  /// The tokens to learn from.
  case train
  /// The held-out tokens.
  case validation

  /// The split's name, also the prefix of its shards' names.
  public var description: String { rawValue }
}
