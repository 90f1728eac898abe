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
  private var idsByBytes: [[UInt8]: TokenID] = [:]

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
      guard idsByBytes.updateValue(TokenID(id), forKey: bytes) == nil else { throw .bytesTaken }
    }
    ranges[index] = arena.count..<arena.count + bytes.count
    arena.append(contentsOf: bytes)
    count += 1
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
  func id(of bytes: [UInt8]) -> TokenID? { idsByBytes[bytes] }
}
