/// A head of attention by its layer and number, both counted from 0; written `LAYER:HEAD`.
public struct HeadAddress: Hashable, Sendable, LosslessStringConvertible {
  /// The layer.
  public let layer: Int
  /// The head.
  public let head: Int

  /// The head `head` of the layer `layer`.
  public init(layer: Int, head: Int) { (self.layer, self.head) = (layer, head) }

  /// The head of a text such as `3:1`; `nil` for any other text.
  public init?(_ text: String) {
    guard let address = UnitAddress(text) else { return nil }
    self.init(layer: address.layer, head: address.unit)
  }

  /// `LAYER:HEAD`.
  public var description: String { "\(layer):\(head)" }
}

extension ModelConfiguration {
  /// Checks that the model has the head at `address`.
  ///
  /// - Throws: ``ConfigurationError``, which names the heads that there are.
  public func require(_ address: HeadAddress) throws(ConfigurationError) {
    guard (0..<depth).contains(address.layer), (0..<headCount).contains(address.head) else {
      throw ConfigurationError(
        """
        There is no head \(address); the layers are 0 to \(depth - 1), the heads of each 0 to \
        \(headCount - 1).
        """)
    }
  }
}
