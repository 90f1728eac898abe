/// The pieces of a vocabulary by their bytes, as a trie with two roots: pieces that begin a word
/// and pieces that go on in one.
///
/// The edges are in one table by open addressing, so that a step is one look-up and matching
/// allocates nothing.
struct PieceTrie: Sendable {
  /// The root of pieces that begin a word.
  static let beginning: UInt32 = 0
  /// The root of pieces that go on, without their prefix.
  static let continuation: UInt32 = 1

  /// No id.
  static let none: TokenID = -1

  /// Nodes have to fit the bits of an edge that they get.
  private static let nodeBits: UInt64 = 28

  /// Source node and byte in the upper 36 bits, target in the lower 28; 0 where a slot is free,
  /// as no edge leads to a root.
  private var edges = [UInt64](repeating: 0, count: 1 << 10)
  /// The id of the piece that ends at a node.
  private var ids: [TokenID] = [none, none]

  /// Adds the piece `bytes` below `root`; says whether there was room.
  mutating func insert(_ bytes: some Sequence<UInt8>, root: UInt32, id: TokenID) -> Bool {
    var node = root
    for byte in bytes {
      if let next = step(node, byte) {
        node = next
      } else {
        guard ids.count < 1 << Self.nodeBits else { return false }
        let next = UInt32(ids.count)
        ids.append(Self.none)
        insert(Self.key(node, byte) << Self.nodeBits | UInt64(next))
        if 2 * ids.count > edges.count { grow() }
        node = next
      }
    }
    ids[Int(node)] = id
    return true
  }

  /// The longest piece below `root` with which `text` goes on at `start`.
  @inline(__always)
  func longest(
    _ text: Span<UInt8>, _ start: Int, _ end: Int, root: UInt32
  ) -> (id: TokenID, end: Int)? {
    var (node, position) = (root, start)
    var (id, found) = (Self.none, start)
    while position < end, let next = step(node, text[position]) {
      node = next
      position &+= 1
      let here = ids[Int(node)]
      if here != Self.none { (id, found) = (here, position) }
    }
    return id == Self.none ? nil : (id, found)
  }

  @inline(__always)
  private func step(_ node: UInt32, _ byte: UInt8) -> UInt32? {
    let key = Self.key(node, byte)
    let mask = edges.count &- 1
    var slot = Self.hash(key) & mask
    while true {
      let edge = edges[slot]
      if edge &>> Self.nodeBits == key, edge != 0 {
        return UInt32(truncatingIfNeeded: edge & (1 &<< Self.nodeBits &- 1))
      }
      if edge == 0 { return nil }
      slot = (slot &+ 1) & mask
    }
  }

  private mutating func insert(_ edge: UInt64) {
    let mask = edges.count - 1
    var slot = Self.hash(edge >> Self.nodeBits) & mask
    while edges[slot] != 0 { slot = (slot + 1) & mask }
    edges[slot] = edge
  }

  private mutating func grow() {
    let old = edges
    edges = [UInt64](repeating: 0, count: 2 * old.count)
    for edge in old where edge != 0 { insert(edge) }
  }

  @inline(__always)
  private static func key(_ node: UInt32, _ byte: UInt8) -> UInt64 {
    UInt64(node) &<< 8 | UInt64(byte)
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int {
    // 2⁶⁴ divided by the golden ratio.
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product &>> 32)
  }
}
