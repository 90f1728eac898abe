/// The number of bytes of text that each id of a vocabulary spells; 0 for special tokens.
public struct SpelledBytes: Hashable, Sendable {
  /// The number of bytes for each id.
  public let counts: [Int]

  /// The byte counts of a vocabulary of `counts.count` ids.
  public init(_ counts: [Int]) {
    self.counts = counts
  }

  /// The number of bytes that `id` spells.
  public subscript(id: Int32) -> Int { counts[Int(id)] }

  /// The number of bytes that `ids` spell together; 0 for no ids.
  ///
  /// - Precondition: the ids lie in the vocabulary.
  public func sum(of ids: ArraySlice<Int32>) -> Int {
    precondition(ids.allSatisfy { UInt32(bitPattern: $0) < counts.count }, "an id out of range")
    return unsafe counts.withUnsafeBufferPointer { counts in
      ids.reduce(0) { unsafe $0 &+ counts[Int($1)] }
    }
  }
}

extension DataManifest.Totals {
  /// The bytes of original text per byte that its tokens spell.
  public var bytesPerSpelledByte: Double { Double(bytes) / Double(max(1, spelledBytes)) }
}
