/// The tokens that pass through a network at once.
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

/// The purpose of a network.
package enum Purpose: Sendable {
  /// Forward and backward: every layer keeps the activations that its gradient needs, except those
  /// that are cheap to compute again.
  case training
  /// Forward only: all layers share one set of activations.
  case inference
}

/// Blocks of tokens; one task takes the vectors of a block through the row-wise operators.
package enum TokenBlock {
  /// The tokens of a block: enough for a product's full rate, few enough for a core's cache.
  package static let rows = 256

  /// The number of blocks in `rows` rows, the last perhaps shorter.
  static func count(ofRows rows: Int) -> Int { (rows + self.rows - 1) / self.rows }
}
