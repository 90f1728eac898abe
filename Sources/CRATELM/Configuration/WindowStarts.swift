/// Where the windows of an epoch begin.
///
/// A causal model learns a text that is read often by heart more slowly if it is cut elsewhere each
/// time. A masked model hides other tokens each time, and begins to use the context later if the cuts
/// differ too (docs/learning.md).
public enum WindowStarts: String, Codable, Sendable {
  /// One after the other from the first token on in the first epoch; in each later one all by one
  /// number of tokens further, below the context, which the seed draws.
  case drawn
  /// At the same tokens in all epochs.
  case same
}

extension KeyedDecodingContainer {
  /// Decodes the starts, `same` for a record without them.
  func decode(_ type: WindowStarts.Type, forKey key: Key) throws -> WindowStarts {
    try decodeIfPresent(type, forKey: key) ?? .same
  }
}
