/// The groups of an expression that it refers to by number or by name.
struct GroupReferences {
  /// Whether groups have to be numbered, as something may refer to one.
  let areCounted: Bool
  /// Whether a group has a name; then only such groups count.
  private let haveNames: Bool
  /// How many groups were begun, and which of them ended.
  private var count = 0
  private(set) var ended: Set<Int> = []
  /// The numbers of the groups by their names.
  private var numbers: [String: [Int]] = [:]

  init(_ source: [Unicode.Scalar]) {
    let pairs = zip(source, source.dropFirst())
    areCounted = pairs.contains { $0 == "\\" && ("1"..."9" ~= $1 || $1 == "k") }
    haveNames = source.indices.dropLast(3).contains {
      source[$0...].starts(with: "(?<".unicodeScalars) && !["=", "!"].contains(source[$0 + 3])
    }
  }

  /// The number of the group that begins, which has `name` if it has one; `nil` if it does not count.
  mutating func begin(_ name: String?) -> Int? {
    guard areCounted, haveNames == (name != nil) else { return nil }
    count += 1
    if let name { numbers[name, default: []].append(count) }
    return count
  }

  mutating func end(_ number: Int) { ended.insert(number) }

  /// Forgets the groups that ended since `ended` did: ICU does not know those of a look-around behind
  /// it.
  mutating func forget(since ended: Set<Int>) { self.ended = ended }

  /// The number of the group before that `reference` names; `nil` where that is not one group.
  func number(of reference: String) -> Int? {
    let named = numbers[reference] ?? []
    let number = haveNames ? (named.count == 1 ? named[0] : nil) : Int(reference)
    return number.flatMap { ended.contains($0) ? $0 : nil }
  }
}
