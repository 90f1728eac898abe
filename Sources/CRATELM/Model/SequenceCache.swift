// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// What a sequence must remember of an operator: vectors of each token that it has seen.
struct SequenceMemory: Sendable {
  /// The vectors of a token.
  let vectors: Int
  /// The width of each.
  let width: Int

  fileprivate var floatsPerToken: Int { vectors * width }
}

/// The number of a memory among those of a model.
struct MemoryID: Sendable {
  let index: Int
}

/// What sequences have seen so far: in CRATE one vector per token and layer, since query, key and
/// value are the same.
///
/// The vectors of a head lie together, one token after the other.
package final class SequenceCache: @unchecked Sendable {
  /// The number of tokens of each sequence that the cache holds.
  package private(set) var length = 0
  /// The most tokens it can hold.
  package let capacity: Int
  private let sequences: Int
  private let memories: [SequenceMemory]
  /// Where each memory begins, in floats of one token of one sequence.
  private let offsets: [Int]
  private let buffer: Buffer

  /// An empty cache for `sequences` sequences of up to the context of the model.
  package init(_ model: LanguageModel, sequences: Int) throws(OutOfMemory) {
    capacity = model.configuration.contextLength
    memories = model.blueprint.declarations.memories
    self.sequences = sequences
    var offset = 0
    var offsets: [Int] = []
    for memory in memories {
      offsets.append(offset)
      offset += memory.floatsPerToken
    }
    self.offsets = offsets
    buffer = try Buffer(count: offset * sequences * capacity)
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
    for (index, memory) in memories.enumerated() {
      for sequence in 1..<sequences {
        for vector in 0..<memory.vectors {
          room(MemoryID(index: index), sequence, vector).rows(0..<length)
            .copy(from: room(MemoryID(index: index), 0, vector).rows(0..<length))
        }
      }
    }
  }

  fileprivate func room(_ id: MemoryID, _ sequence: Int, _ vector: Int) -> Matrix {
    let memory = memories[id.index]
    let offset =
      (offsets[id.index] * sequences + sequence * memory.floatsPerToken + vector * memory.width)
      * capacity
    return buffer[Slot(offset: offset, rows: capacity, columns: memory.width)]
  }

  /// The bytes of a token in one memory.
  fileprivate func byteCountPerToken(_ id: MemoryID) -> Int {
    memories[id.index].floatsPerToken * MemoryLayout<Float>.stride
  }
}

/// The sequences of a cache that a batch continues.
struct ContinuedSequences: Sendable {
  let cache: SequenceCache
  /// The one that the first sequence of the batch continues.
  let first: Int

  /// The tokens of each before the batch.
  var length: Int { cache.length }

  /// Remembers `vectors` of the tokens of a batch.
  func append(_ vectors: Matrix, to id: MemoryID, shape: BatchShape) {
    let memory = cache.memory(id)
    let tokens = length..<length + shape.context
    for sequence in 0..<shape.sequences {
      let rows = vectors.group(sequence, of: shape.context)
      for vector in 0..<memory.vectors {
        cache.room(id, first + sequence, vector).rows(tokens)
          .copy(from: rows.columns(vector * memory.width..<(vector + 1) * memory.width))
      }
    }
  }

  /// A vector of all tokens of a sequence of the batch, `count` new ones included.
  func tokens(_ id: MemoryID, sequence: Int, vector: Int, adding count: Int) -> Matrix {
    cache.room(id, first + sequence, vector).rows(0..<length + count)
  }

  /// The bytes that are read of a memory where every sequence of `shape` sees all its tokens.
  func byteCount(_ id: MemoryID, shape: BatchShape) -> Int {
    shape.sequences * cache.byteCountPerToken(id) * (length + shape.context)
  }
}

extension SequenceCache {
  fileprivate func memory(_ id: MemoryID) -> SequenceMemory { memories[id.index] }
}
