/// The bytes of every token, by id, and the ids, which may have gaps, by bytes.
struct Vocabulary: Sendable {
  /// No id is as large as this, so that a file of a few bytes cannot ask for much memory.
  static let largestSize = 1 << 22

  /// Why a token could not be added.
  enum Conflict: Error {
    case idTaken
    case idOutOfRange
    case bytesTaken
    case empty
  }

  /// The bytes of all tokens in the order in which they were added.
  private var arena: [UInt8] = []
  /// The place of each id's bytes in the arena; empty ranges are gaps.
  private var ranges: [Range<Int>] = []
  /// Ids by the hash of their bytes, by open addressing; ``freeSlot`` where there is none.
  private var slots: [TokenID]
  private var findableCount = 0
  private let hash = ByteHash.shared

  private static let freeSlot: TokenID = -1

  /// An empty vocabulary with room for `capacity` tokens.
  init(capacity: Int = 1 << 9) {
    var slotCount = 2
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = [TokenID](repeating: Self.freeSlot, count: slotCount)
    ranges.reserveCapacity(capacity)
  }

  /// The largest id plus one.
  var size: Int { ranges.count }

  /// The number of tokens.
  private(set) var count = 0

  /// Adds a token, which with `isFindable` false has bytes but is not found by them.
  mutating func insert(
    _ bytes: [UInt8], id: Int64, isFindable: Bool = true
  ) throws(Conflict) {
    guard !bytes.isEmpty else { throw .empty }
    guard 0 <= id, id < Self.largestSize else { throw .idOutOfRange }
    let index = Int(id)
    while ranges.count <= index { ranges.append(0..<0) }
    guard ranges[index].isEmpty else { throw .idTaken }
    if isFindable {
      let slot = slot(of: bytes.span)
      guard slots[slot] == Self.freeSlot else { throw .bytesTaken }
      slots[slot] = TokenID(index)
      findableCount += 1
    }
    ranges[index] = arena.count..<arena.count + bytes.count
    arena.append(contentsOf: bytes)
    count += 1
    if 2 * findableCount > slots.count { grow() }
  }

  /// The bytes of the token `id`; `nil` where no token has that id.
  func bytes(of id: TokenID) -> [UInt8]? {
    guard 0 <= id, id < ranges.count, !ranges[Int(id)].isEmpty else { return nil }
    return Array(arena[ranges[Int(id)]])
  }

  /// The number of bytes of the token `id`; 0 where no token has that id.
  func byteCount(of id: TokenID) -> Int {
    0 <= id && id < ranges.count ? ranges[Int(id)].count : 0
  }

  /// The id of the token that stands for exactly `bytes`.
  func id(of bytes: [UInt8]) -> TokenID? { id(of: bytes.span) }

  /// The id of the token that stands for exactly `bytes`.
  func id(of bytes: Span<UInt8>) -> TokenID? {
    let id = slots[slot(of: bytes)]
    return id == Self.freeSlot ? nil : id
  }

  /// The slot that holds the id of `bytes`, or the free one where it would go.
  private func slot(of bytes: Span<UInt8>) -> Int {
    var slot = Int(truncatingIfNeeded: hash(bytes)) & (slots.count - 1)
    while slots[slot] != Self.freeSlot {
      let range = ranges[Int(slots[slot])]
      if range.count == bytes.count, ByteHash.areEqual(arena.span.extracting(range), bytes) {
        return slot
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = [TokenID](repeating: Self.freeSlot, count: 2 * old.count)
    for id in old where id != Self.freeSlot {
      let hash = hash(arena.span.extracting(ranges[Int(id)]))
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != Self.freeSlot { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = id
    }
  }
}

/// A hash of bytes that is another one in every process, so that no file can hold many pieces of
/// one hash.
///
/// Tables may use it to find what they hold, not to order it.
struct ByteHash: Sendable {
  /// The hash of this process.
  static let shared = ByteHash()

  private let start = UInt64.random(in: .min ... .max)
  private let multiplier = UInt64.random(in: .min ... .max) | 1

  /// A number of 64 mixed bits, by eight bytes at a time.
  @inline(__always)
  func callAsFunction(_ bytes: Span<UInt8>) -> UInt64 {
    let raw = unsafe bytes.bytes
    var hash = start &+ UInt64(truncatingIfNeeded: bytes.count)
    var position = 0
    while position &+ 8 <= bytes.count {
      let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
      hash = mix(hash ^ UInt64(littleEndian: word))
      position &+= 8
    }
    var rest: UInt64 = 0
    while position < bytes.count {
      rest = rest &<< 8 | UInt64(bytes[position])
      position &+= 1
    }
    return mix(hash ^ rest)
  }

  /// Whether two spans of the same length hold the same bytes.
  @inline(__always)
  static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }

  /// Both halves of the product are used: how the lower one changes with the highest bits of
  /// `value` does not depend on the multiplier.
  @inline(__always)
  private func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: multiplier)
    return product.high ^ product.low
  }
}
