/// Which floats of a row are the large ones.
extension Row {
  /// The floats that are looked at together.
  private static let blockSize = 64

  /// A float with its place.
  struct Element {
    let index: Int32
    let value: Float

    /// Larger first; of equals, the smaller place.
    static func precedes(_ a: Element, _ b: Element) -> Bool {
      a.value != b.value ? a.value > b.value : a.index < b.index
    }
  }

  /// The place of the largest float of a row that is not empty; of equals, the first.
  package var indexOfMaximum: Int32 {
    let largest = maximum
    return Int32((0..<count).first { self[$0] == largest } ?? 0)
  }

  /// The `count` largest floats, the largest first, and those that equal the last of them; −∞ is
  /// none.
  ///
  /// As many blocks as are asked for have a maximum that bounds the last one from below, so that
  /// few floats are sorted.
  func largest(_ wanted: Int) -> [Element] {
    guard wanted > 0 else { return [] }
    let maxima = blocks.map { self[$0].maximum }.sorted(by: >)
    let bound = wanted <= maxima.count ? maxima[wanted - 1] : -.infinity
    let elements = indices(from: bound).map { Element(index: $0, value: self[Int($0)]) }
      .filter { $0.value > -.infinity }.sorted(by: Element.precedes)
    guard elements.count > wanted else { return elements }
    let last = elements[wanted - 1].value
    return Array(elements.prefix { $0.value >= last })
  }

  /// The places of the floats from `bound` on, in order.
  func indices(from bound: Float) -> [Int32] {
    blocks.filter { self[$0].maximum >= bound }.flatMap { block in
      block.filter { self[$0] >= bound }.map { Int32($0) }
    }
  }

  /// The place at which the sum of the floats from the first on exceeds `target`, floats below
  /// `floor` not counting; `nil` where it never does.
  func index(ofSumAbove target: Double, floor: Float) -> Int32? {
    var rest = target
    for block in blocks {
      let sum = Double(self[block].total)
      if rest >= sum {
        rest -= sum
        continue
      }
      for index in block where self[index] > floor {
        rest -= Double(self[index])
        if rest < 0 { return Int32(index) }
      }
    }
    return nil
  }

  /// The sum of all floats, of blocks in single and of these in double precision.
  var preciseTotal: Double { blocks.reduce(0) { $0 + Double(self[$1].total) } }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: Self.blockSize).map { $0..<min($0 + Self.blockSize, count) }
  }
}
