/// A number that records leave out while it is 0.
@propertyWrapper
public struct OmittedZero: Codable, Hashable, Sendable {
  /// The number.
  public var wrappedValue: Float

  /// The number `wrappedValue`.
  public init(wrappedValue: Float) { self.wrappedValue = wrappedValue }
}

extension KeyedEncodingContainer {
  /// Encodes the number, unless it is 0.
  mutating func encode(_ value: OmittedZero, forKey key: Key) throws {
    if value.wrappedValue != 0 { try encode(value.wrappedValue, forKey: key) }
  }
}

extension KeyedDecodingContainer {
  /// Decodes the number, 0 for a record without it.
  func decode(_ type: OmittedZero.Type, forKey key: Key) throws -> OmittedZero {
    OmittedZero(wrappedValue: try decodeIfPresent(Float.self, forKey: key) ?? 0)
  }
}
