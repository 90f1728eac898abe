/// How many tokens pass through a network at once.
package struct BatchShape: Hashable, Sendable {
  /// The number of sequences.
  package let sequences: Int
  /// The tokens of each sequence.
  package let context: Int

  package init(sequences: Int, context: Int) {
    self.sequences = sequences
    self.context = context
  }

  package var tokens: Int { sequences * context }
}

/// What a network is built for.
package enum Purpose: Sendable {
  /// Forward and backward: every layer keeps what its gradient needs and cannot cheaply compute
  /// again.
  case training
  /// Forward only: all layers share one set of activations.
  case inference
}

/// The blocks of tokens whose vectors one task takes through the row-wise operators.
package enum TokenBlock {
  /// The tokens of a block: enough for a product at full rate, few enough for a core's cache.
  package static let rows = 256

  /// The number of blocks that `rows` make.
  static func count(ofRows rows: Int) -> Int { (rows + self.rows - 1) / self.rows }
}
