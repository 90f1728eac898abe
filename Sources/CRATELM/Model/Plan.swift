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
  /// Forward and backward: every layer keeps what its gradient needs and cannot cheaply be made again.
  case training
  /// Forward only: all layers share one set of activations.
  case inference
}

/// The reservations a network makes while it is put together, for one model and one batch shape.
///
/// The same operators are reserved in the same order for every shape, so that their parameter
/// slots agree between networks of one model.
package struct Plan {
  package let configuration: ModelConfiguration
  package let shape: BatchShape
  package let purpose: Purpose
  package let workerCount: Int
  /// θ: what is trained and stored.
  package var parameters = Layout()
  /// What is computed from θ once per update, and its gradient.
  package var folded = Layout()
  /// What the forward pass leaves for the backward pass.
  package var saved = Layout()
  /// What is needed only while an operator runs.
  package var scratch = Layout()
  /// The matrices among both that products read, in the order of their numbers.
  var weights: [Weight] = []

  /// The number of tokens whose vectors one task takes through the row-wise operators: large
  /// enough for a product at full rate, small enough to stay in a core's cache.
  package static let rowsPerBlock = 256

  /// The number of blocks of ``rowsPerBlock`` tokens.
  var blockCount: Int { Self.blockCount(ofRows: shape.tokens) }

  /// The number of blocks of ``rowsPerBlock`` that `rows` make.
  static func blockCount(ofRows rows: Int) -> Int { (rows + rowsPerBlock - 1) / rowsPerBlock }

  /// Reserves a value per token: `[tokens, width]`.
  mutating func saveTokens(width: Int) -> Slot { saved.reserve(shape.tokens, width) }

  /// Reserves the gradient of a value per token, which only training needs.
  mutating func gradientTokens(width: Int) -> Slot {
    scratch.reserve(purpose == .training ? shape.tokens : 0, width)
  }

  /// Runs `body`, whose scratch is given back afterwards, and its saved values too where no
  /// backward pass will need them.
  mutating func operatorScope<Result>(_ body: (inout Plan) -> Result) -> Result {
    let marks = (scratch.mark, saved.mark)
    defer {
      scratch.rewind(to: marks.0)
      if purpose == .inference { saved.rewind(to: marks.1) }
    }
    return body(&self)
  }
}
