/// The distinct pieces of a corpus as chains of tokens, and for every pair of neighbours the
/// list of its places, so that a merge touches nothing but the places where it applies.
///
/// A place is the number of a token's first byte in all pieces together. It is in exactly one
/// list, that of the pair it forms with its right neighbour, or in none at the end of a piece.
struct PairLists {
  private static let none: Int32 = -1

  /// What is known about a place.
  private struct Place {
    var id: TokenID
    var previous: Int32
    var next: Int32
    var piece: Int32
    var list = none
    var listPrevious = none
    var listNext = none
  }

  /// The places of one pair, in ascending order.
  private struct List {
    let pair: Pair
    var first = none
    var last = none
    /// How often the pair occurs in the corpus, overlapping occurrences counted.
    var count: Int64 = 0
    /// Whether the list is in ``changed``.
    var isChanged = false
  }

  private var places: [Place] = []
  private var lists: [List] = []
  /// The numbers of the lists by their pairs.
  private var numbers = IntegerTable()
  private let pieceCounts: [Int64]
  /// The lists that grew since they were last asked for.
  private var changed: [Int32] = []

  /// Lists for pieces that occur so often and have `tokenCount` tokens in all.
  init(pieceCounts: [Int64], tokenCount: Int) {
    self.pieceCounts = pieceCounts
    places.reserveCapacity(tokenCount)
  }

  /// Adds the tokens `ids` of the piece with the number `piece`, each with its neighbours.
  ///
  /// - Precondition: all pieces have less than 2³¹ tokens.
  mutating func append(_ ids: some Collection<TokenID>, piece: Int) {
    let start = Int32(places.count)
    let end = start + Int32(ids.count)
    for (place, id) in zip(start..<end, ids) {
      places.append(
        Place(
          id: id, previous: place == start ? Self.none : place - 1,
          next: place + 1 == end ? Self.none : place + 1, piece: Int32(piece)))
    }
    for place in start..<end { link(place) }
  }

  /// The pair with the number `list`.
  func pair(_ list: Int32) -> Pair { lists[Int(list)].pair }

  /// How often the pair with the number `list` occurs now.
  func count(_ list: Int32) -> Int64 { lists[Int(list)].count }

  /// The pairs that have become more frequent since the last call.
  mutating func takeChanged() -> [Int32] {
    defer { changed.removeAll(keepingCapacity: true) }
    for list in changed { lists[Int(list)].isChanged = false }
    return changed
  }

  /// Replaces every occurrence of the pair with the number `list`, from left to right, by `id`.
  mutating func merge(_ list: Int32, into id: TokenID) {
    while lists[Int(list)].first != Self.none {
      let left = leftmost(lists[Int(list)].first)
      let right = places[Int(left)].next
      let previous = places[Int(left)].previous
      let next = places[Int(right)].next
      unlink(left)
      unlink(right)
      if previous != Self.none { unlink(previous) }
      places[Int(left)].id = id
      places[Int(left)].next = next
      if next != Self.none { places[Int(next)].previous = left }
      if previous != Self.none { link(previous) }
      link(left)
    }
  }

  /// The first place of the run of equal pairs, such as in "aaa", that `place` is in.
  ///
  /// It is `place` but where a token was made in two ways, so that lists are out of order.
  private func leftmost(_ place: Int32) -> Int32 {
    var place = place
    while true {
      let previous = places[Int(place)].previous
      if previous == Self.none || places[Int(previous)].list != places[Int(place)].list {
        return place
      }
      place = previous
    }
  }

  /// Puts `place` at the end of the list of the pair that it forms.
  private mutating func link(_ place: Int32) {
    let next = places[Int(place)].next
    if next == Self.none { return }
    let pair = Pair(places[Int(place)].id, places[Int(next)].id)
    let list = Int32(numbers.insert(UInt64(lists.count), for: pair.packed))
    if Int(list) == lists.count { lists.append(List(pair: pair)) }
    let last = lists[Int(list)].last
    places[Int(place)].list = list
    places[Int(place)].listPrevious = last
    places[Int(place)].listNext = Self.none
    if last == Self.none {
      lists[Int(list)].first = place
    } else {
      places[Int(last)].listNext = place
    }
    lists[Int(list)].last = place
    lists[Int(list)].count += pieceCounts[Int(places[Int(place)].piece)]
    if !lists[Int(list)].isChanged {
      lists[Int(list)].isChanged = true
      changed.append(list)
    }
  }

  /// Takes `place` out of the list that it is in.
  private mutating func unlink(_ place: Int32) {
    let list = places[Int(place)].list
    if list == Self.none { return }
    let (previous, next) = (places[Int(place)].listPrevious, places[Int(place)].listNext)
    if previous == Self.none {
      lists[Int(list)].first = next
    } else {
      places[Int(previous)].listNext = next
    }
    if next == Self.none {
      lists[Int(list)].last = previous
    } else {
      places[Int(next)].listPrevious = previous
    }
    lists[Int(list)].count -= pieceCounts[Int(places[Int(place)].piece)]
    places[Int(place)].list = Self.none
  }
}
