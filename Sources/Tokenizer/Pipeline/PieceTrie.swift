/// The pieces of a vocabulary by their bytes, as a trie with two roots: pieces that begin a word
/// and pieces that go on in one.
///
/// The edges are in one table, so that a step is one look-up and matching allocates nothing.
struct PieceTrie: Sendable {
  /// The root of pieces that begin a word.
  static let beginning: UInt32 = 0
  /// The root of pieces that go on, without their prefix.
  static let continuation: UInt32 = 1

  /// No id.
  static let none: TokenID = -1

  /// No trie has more nodes, so that a hostile file cannot ask for all memory.
  private static let nodeLimit = 1 << 28

  /// Nodes by the node above, times 256, plus the byte between them.
  private var edges: IntegerTable
  /// The id of the piece that ends at a node.
  private var ids: [TokenID] = [none, none]

  /// An empty trie with room for `capacity` nodes; it grows where there are more.
  init(capacity: Int = 1 << 7) { edges = IntegerTable(capacity: capacity) }

  /// Adds the piece `bytes` below `root`; says whether there was room.
  mutating func insert(_ bytes: some Sequence<UInt8>, root: UInt32, id: TokenID) -> Bool {
    var node = root
    for byte in bytes {
      let next = edges.insert(UInt64(ids.count), for: Self.key(node, byte))
      node = UInt32(next)
      if Int(next) < ids.count { continue }
      guard ids.count < Self.nodeLimit else { return false }
      ids.append(Self.none)
    }
    ids[Int(node)] = id
    return true
  }

  /// The longest piece below `root` with which `text` goes on at `start`.
  @inline(__always)
  func longest(
    _ text: Span<UInt8>, _ start: Int, root: UInt32
  ) -> (id: TokenID, end: Int)? {
    var (node, position) = (root, start)
    var (id, found) = (Self.none, start)
    while position < text.count {
      let next = edges[Self.key(node, text[position])]
      if next == IntegerTable.none { break }
      node = UInt32(truncatingIfNeeded: next)
      position &+= 1
      let here = ids[Int(node)]
      if here != Self.none { (id, found) = (here, position) }
    }
    return id == Self.none ? nil : (id, found)
  }

  @inline(__always)
  private static func key(_ node: UInt32, _ byte: UInt8) -> UInt64 {
    UInt64(node) &<< 8 | UInt64(byte)
  }
}
