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

  private var table: BytesTable
  /// The id of each number in the table.
  private var ids: [TokenID] = []
  /// The number in the table of each id; ``gap`` where no token has it.
  private var numbers: [Int32] = []

  private static let gap: Int32 = -1

  /// An empty vocabulary with room for `capacity` tokens.
  init(capacity: Int = 1 << 9) { table = BytesTable(capacity: capacity) }

  /// The largest id plus one.
  var size: Int { numbers.count }

  /// The number of tokens.
  var count: Int { ids.count }

  /// Adds a token, which with `isFindable` false has bytes, perhaps none, but is not found by them.
  mutating func insert(
    _ bytes: [UInt8], id: Int64, isFindable: Bool = true
  ) throws(Conflict) {
    guard !bytes.isEmpty || !isFindable else { throw .empty }
    guard 0 <= id, id < Self.largestSize else { throw .idOutOfRange }
    let index = Int(id)
    while numbers.count <= index { numbers.append(Self.gap) }
    guard numbers[index] == Self.gap else { throw .idTaken }
    let number = isFindable ? table.insert(bytes.span) : table.append(bytes.span)
    guard number == ids.count else { throw .bytesTaken }
    numbers[index] = Int32(number)
    ids.append(TokenID(index))
  }

  /// The id of the token `bytes`, not empty: the next free one unless there is one already.
  mutating func idOfAdded(_ bytes: [UInt8]) -> TokenID {
    if let id = id(of: bytes) { return id }
    let id = size
    // Neither the id nor the bytes are taken.
    try? insert(bytes, id: Int64(id))
    return TokenID(id)
  }

  /// The bytes of the token `id`; `nil` where no token has that id.
  func bytes(of id: TokenID) -> [UInt8]? { number(of: id).map { Array(table[$0]) } }

  /// The number of bytes of the token `id`; 0 where no token has that id.
  func byteCount(of id: TokenID) -> Int { number(of: id).map(table.length) ?? 0 }

  /// The id of the token that stands for exactly `bytes`.
  func id(of bytes: [UInt8]) -> TokenID? { id(of: bytes.span) }

  /// The id of the token that stands for exactly `bytes`.
  func id(of bytes: Span<UInt8>) -> TokenID? { table.number(of: bytes).map { ids[$0] } }

  private func number(of id: TokenID) -> Int? {
    guard 0 <= id, id < numbers.count, numbers[Int(id)] != Self.gap else { return nil }
    return Int(numbers[Int(id)])
  }
}
