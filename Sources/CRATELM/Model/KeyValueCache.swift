// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The keys and values of the tokens seen so far: in CRATE one vector per token and layer, since
/// query, key and value are the same.
package final class KeyValueCache: @unchecked Sendable {
  /// The number of tokens of each sequence that the cache holds.
  package private(set) var length = 0
  /// The most tokens it can hold.
  package let capacity: Int
  private let sequences: Int
  private let depth: Int
  private let width: Int
  private let buffer: Buffer

  /// An empty cache for `sequences` sequences of up to the model's context.
  package init(_ configuration: ModelConfiguration, sequences: Int) throws(OutOfMemory) {
    capacity = configuration.contextLength
    depth = configuration.depth
    width = configuration.architecture.design.attention(for: configuration.objective).projection
      .cachedWidth(configuration.width)
    self.sequences = sequences
    buffer = try Buffer(count: depth * sequences * capacity * width)
  }

  /// Stores the keys and values of the tokens after ``length`` of the first sequences.
  func append(_ keysAndValues: Matrix, layer: Int, shape: BatchShape) {
    for sequence in 0..<shape.sequences {
      room(layer: layer, sequence: sequence).rows(length..<length + shape.context)
        .copy(from: keysAndValues.group(sequence, of: shape.context))
    }
  }

  /// The keys and values of all tokens of a sequence, `count` new ones included.
  func tokens(layer: Int, sequence: Int, adding count: Int) -> Matrix {
    room(layer: layer, sequence: sequence).rows(0..<length + count)
  }

  /// Counts `tokenCount` appended tokens as seen; called once per pass, after all layers.
  func advance(by tokenCount: Int) {
    length += tokenCount
  }

  /// Forgets all tokens.
  package func removeAll() {
    length = 0
  }

  /// Makes every sequence a copy of the first, so that samples share one reading of a prompt.
  package func broadcastFirst() {
    for layer in 0..<depth {
      let first = tokens(layer: layer, sequence: 0, adding: 0)
      for sequence in 1..<sequences {
        tokens(layer: layer, sequence: sequence, adding: 0).copy(from: first)
      }
    }
  }

  private func room(layer: Int, sequence: Int) -> Matrix {
    buffer[
      Slot(
        offset: (layer * sequences + sequence) * capacity * width, rows: capacity, columns: width)]
  }
}
