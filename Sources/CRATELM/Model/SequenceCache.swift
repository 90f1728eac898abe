// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The shape of a sequence's memory for an operator: vectors of each token.
struct SequenceMemory: Sendable {
  /// The number of vectors of a token.
  let vectors: Int
  /// The width of each.
  let width: Int

  fileprivate var floatsPerToken: Int { vectors * width }
}

/// The index of a memory in the list of its model.
struct MemoryID: Sendable {
  let index: Int
}

/// The keys and values of sequences, each in its own slot: in CRATE one vector per token and layer,
/// since query, key and value are the same.
///
/// The vectors of a head are contiguous, one token after the other. All memory is reserved when the
/// cache is made.
package final class SequenceCache: @unchecked Sendable {
  /// The number of tokens in each slot.
  package private(set) var lengths: [Int]
  /// The most tokens of a slot: the model's context.
  package let contextLength: Int
  fileprivate let memories: [SequenceMemory]
  /// The offset of each memory, in floats per token of a sequence.
  private let offsets: [Int]
  private let slotCount: Int
  private let buffer: Buffer

  /// A cache of `slotCount` empty slots.
  package init(_ model: LanguageModel, slotCount: Int) throws(OutOfMemory) {
    contextLength = model.configuration.contextLength
    memories = model.blueprint.declarations.memories
    lengths = [Int](repeating: 0, count: slotCount)
    self.slotCount = slotCount
    var offset = 0
    var offsets: [Int] = []
    for memory in memories {
      offsets.append(offset)
      offset += memory.floatsPerToken
    }
    self.offsets = offsets
    buffer = try Buffer(count: offset * slotCount * contextLength)
  }

  /// Counts the next `tokenCount` tokens of `slot` once all layers have written their vectors.
  package func extend(_ slot: Int, by tokenCount: Int) { lengths[slot] += tokenCount }

  /// Forgets all tokens of `slot`.
  package func clear(_ slot: Int) { lengths[slot] = 0 }

  /// Replaces the tokens of `slot` by the first `tokenCount` tokens of `source`.
  package func copy(_ tokenCount: Int, from source: Int, to slot: Int) {
    for (index, memory) in memories.enumerated() {
      for vector in 0..<memory.vectors {
        room(MemoryID(index: index), slot, vector).rows(0..<tokenCount)
          .copy(from: room(MemoryID(index: index), source, vector).rows(0..<tokenCount))
      }
    }
    lengths[slot] = tokenCount
  }

  fileprivate func room(_ id: MemoryID, _ slot: Int, _ vector: Int) -> Matrix {
    let memory = memories[id.index]
    let offset =
      (offsets[id.index] * slotCount + slot * memory.floatsPerToken + vector * memory.width)
      * contextLength
    return buffer[Slot(offset: offset, rows: contextLength, columns: memory.width)]
  }
}

/// The sequences that a batch continues, with their lengths before it.
package final class ContinuedSequences: Sendable {
  /// The slot of a sequence, and the number of its tokens before the batch.
  private struct Place {
    let slot: Int
    let length: Int
  }

  private let cache: SequenceCache
  private let places: [Place]

  /// - Parameters:
  ///   - cache: the cache of the sequences.
  ///   - slots: the slot of each sequence, none twice.
  package init(_ cache: SequenceCache, slots: [Int]) {
    self.cache = cache
    places = slots.map { Place(slot: $0, length: cache.lengths[$0]) }
  }

  /// The number of sequences.
  var count: Int { places.count }

  /// The number of tokens of `sequence` before the batch.
  func length(_ sequence: Int) -> Int { places[sequence].length }

  /// Appends the vectors of a batch's tokens to the memory of their sequences.
  func write(_ vectors: Matrix, to id: MemoryID) {
    let memory = cache.memories[id.index]
    let tokenCount = vectors.rows / count
    for (sequence, place) in places.enumerated() {
      let rows = vectors.group(sequence, of: tokenCount)
      for vector in 0..<memory.vectors {
        cache.room(id, place.slot, vector).rows(place.length..<place.length + tokenCount)
          .copy(from: rows.columns(vector * memory.width..<(vector + 1) * memory.width))
      }
    }
  }

  /// A vector of all tokens of a sequence, including `tokenCount` new ones.
  func tokens(_ id: MemoryID, sequence: Int, vector: Int, adding tokenCount: Int) -> Matrix {
    let place = places[sequence]
    return cache.room(id, place.slot, vector).rows(0..<place.length + tokenCount)
  }

  /// The bytes read from a memory if every sequence sees all its tokens, including `tokenCount` new
  /// ones.
  func byteCount(_ id: MemoryID, adding tokenCount: Int) -> Int {
    let tokens = places.reduce(0) { $0 + $1.length + tokenCount }
    return tokens * cache.memories[id.index].floatsPerToken * MemoryLayout<Float>.stride
  }
}
