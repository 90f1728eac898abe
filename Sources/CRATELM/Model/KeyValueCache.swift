// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The keys and values of the tokens seen so far: in CRATE one vector per token and layer, since
/// query, key and value are the same.
///
/// The vectors of a head lie together, one token after the other.
package final class KeyValueCache: @unchecked Sendable {
  /// The number of tokens of each sequence that the cache holds.
  package private(set) var length = 0
  /// The sequence that the first one of a batch continues.
  var firstSequence = 0
  /// The most tokens it can hold.
  package let capacity: Int
  private let sequences: Int
  private let depth: Int
  private let headWidth: Int
  /// The vectors of a token in one layer: keys and, where they are others, values of all heads.
  private let vectorCount: Int
  private let buffer: Buffer

  /// The bytes of a token in one layer.
  var byteCountPerToken: Int { vectorCount * headWidth * MemoryLayout<Float>.stride }

  /// An empty cache for `sequences` sequences of up to the model's context.
  package init(_ configuration: ModelConfiguration, sequences: Int) throws(OutOfMemory) {
    capacity = configuration.contextLength
    depth = configuration.depth
    headWidth = configuration.headWidth
    let width = configuration.architecture.design.attention(for: configuration.objective).projection
      .cachedWidth(configuration.width)
    self.sequences = sequences
    vectorCount = width / headWidth
    buffer = try Buffer(count: depth * sequences * capacity * width)
  }

  /// Stores the keys and values of the tokens after ``length`` of the sequences from
  /// ``firstSequence`` on.
  func append(_ keysAndValues: Matrix, layer: Int, shape: BatchShape) {
    precondition(firstSequence + shape.sequences <= sequences)
    for sequence in 0..<shape.sequences {
      let tokens = keysAndValues.group(sequence, of: shape.context)
      for vector in 0..<vectorCount {
        room(layer, firstSequence + sequence, vector).rows(length..<length + shape.context)
          .copy(from: tokens.columns(vector * headWidth..<(vector + 1) * headWidth))
      }
    }
  }

  /// The keys and the values of a head for all tokens of a batch's sequence, `count` new ones
  /// included.
  func tokens(
    layer: Int, sequence: Int, head: Int, of headCount: Int, adding count: Int
  ) -> (keys: Matrix, values: Matrix) {
    let tokens = 0..<length + count
    return (
      room(layer, firstSequence + sequence, head).rows(tokens),
      room(layer, firstSequence + sequence, vectorCount - headCount + head).rows(tokens)
    )
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
      for sequence in 1..<sequences {
        for vector in 0..<vectorCount {
          room(layer, sequence, vector).rows(0..<length)
            .copy(from: room(layer, 0, vector).rows(0..<length))
        }
      }
    }
  }

  private func room(_ layer: Int, _ sequence: Int, _ vector: Int) -> Matrix {
    let number = (layer * sequences + sequence) * vectorCount + vector
    return buffer[
      Slot(offset: number * capacity * headWidth, rows: capacity, columns: headWidth)]
  }
}
