/// Words that people mistype.
enum Spelling {
  /// The name that `word` probably stands for; `nil` if none is near.
  ///
  /// It differs in at most two letters, and in at most half as many as `word` has.
  static func nearest(to word: String, among names: [String]) -> String? {
    let limit = min(2, word.count / 2)
    let near = names.map { (name: $0, distance: distance(from: word, to: $0)) }
    return near.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
  }

  /// The fewest letters to add, leave out or change on the way from `first` to `second`.
  private static func distance(from first: String, to second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
      var (diagonal, left) = (index, index + 1)
      for (place, other) in second.enumerated() {
        let changed = diagonal + (letter == other ? 0 : 1)
        (diagonal, row[place]) = (row[place + 1], left)
        left = min(changed, left + 1, diagonal + 1)
      }
      row[second.count] = left
    }
    return row[second.count]
  }
}
