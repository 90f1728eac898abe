/// Where the windows of an epoch begin.
///
/// A causal model learns a text that is read often by heart more slowly if it is cut elsewhere each
/// time. A masked model hides other tokens each time, and begins to use the context later if the
/// cuts differ too (docs/learning.md).
public enum WindowStarts: String, Codable, Sendable {
  /// In the first epoch at the first token, one after the other. In each later one all begin later
  /// by one number of tokens, which the seed draws from 0 to the context less one; the last go no
  /// further than the text. The tokens before the first are left out.
  case drawn
  /// At the same tokens in all epochs.
  case same

  /// The starts that suit a masked or a causal model.
  package init(isMasked: Bool) {
    self = isMasked ? .same : .drawn
  }
}

extension KeyedDecodingContainer {
  /// Decodes the starts, `same` for a record without them.
  func decode(_ type: WindowStarts.Type, forKey key: Key) throws -> WindowStarts {
    try decodeIfPresent(type, forKey: key) ?? .same
  }
}
