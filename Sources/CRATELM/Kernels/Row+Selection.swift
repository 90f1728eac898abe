/// Selection of large floats in a row without NaN.
extension Row {
  /// The floats of a block; a block whose maximum or sum settles the matter is skipped.
  private static let blockSize = 64

  /// A float and its index.
  struct Element {
    let index: Int32
    let value: Float

    /// Larger values first; of equals, the smaller index.
    static func precedes(_ a: Element, _ b: Element) -> Bool {
      a.value != b.value ? a.value > b.value : a.index < b.index
    }
  }

  /// The index of the largest float of a row that is not empty; the first of equals.
  package var indexOfMaximum: Int32 {
    let largest = maximum
    return Int32((0..<count).first { self[$0] == largest } ?? 0)
  }

  /// The `wanted` largest floats, the largest first, and all floats equal to the last of them,
  /// without −∞.
  ///
  /// The `wanted`-th largest maximum of a block bounds the last float from below, so that few
  /// floats are sorted.
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

  /// The indices of the floats that are at least `bound`, rising.
  func indices(from bound: Float) -> [Int32] {
    blocks.filter { self[$0].maximum >= bound }.flatMap { block in
      block.filter { self[$0] >= bound }.map { Int32($0) }
    }
  }

  /// The first index at which the running sum exceeds `target`, among floats above `floor`; `nil`
  /// if the sum never does.
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

  /// The sum of all floats: each block in single precision, their sum in double precision.
  var preciseTotal: Double { blocks.reduce(0) { $0 + Double(self[$1].total) } }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: Self.blockSize).map { $0..<min($0 + Self.blockSize, count) }
  }
}
