import Storage

extension String {
  /// The text in quotes, with escapes for quotes and for characters that cannot be seen, as in JSON.
  public var quoted: String {
    String(decoding: JSONValue.string(self).serialized(), as: UTF8.self)
  }
}
