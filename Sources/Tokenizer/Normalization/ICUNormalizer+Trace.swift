extension ICUNormalizer {
  /// A scalar of the text, by its bytes, and the bytes that took its place.
  struct Part {
    let inputCount: Int
    var output: [UInt8] = []
  }

  /// What became of each scalar of `span`, known to be UTF-8, as `tokenizers` has it.
  ///
  /// The library decomposes, orders and composes scalar by scalar (UAX 15), and tells of each
  /// scalar of the result whether it was put in or how many more of the text it stands for. Its
  /// offsets follow from these numbers, in which marks that were reordered keep their number but
  /// not their place.
  func parts(of span: Span<UInt8>) -> [Part] {
    var parts: [Part] = []
    var elements: [Element] = []
    for scalar in String(decoding: Array(copying: span), as: UTF8.self).unicodeScalars {
      elements += self.elements(of: scalar)
      parts.append(Part(inputCount: UTF8.width(scalar)))
    }
    elements.orderMarks(by: \.combiningClass)
    var next = 0
    for element in form.composes ? composed(elements) : elements {
      guard let bytes = UTF8.encode(element.scalar) else { continue }
      // What was put in stands with the last scalar that was used up.
      let place = element.change > 0 ? max(next - 1, 0) : next
      if place < parts.count { parts[place].output.append(contentsOf: bytes) }
      if element.change <= 0 { next += 1 - element.change }
    }
    return parts
  }

  /// `elements` after canonical composition.
  private func composed(_ elements: [Element]) -> [Element] {
    var result: [Element] = []
    var starter: Int?
    // The class of the last mark behind the starter that did not go into it.
    var lastClass: UInt8?
    for element in elements {
      let isFree = lastClass.map { $0 < element.combiningClass } ?? true
      if let starter, isFree,
        let scalar = composition(result[starter].scalar, element.scalar)
      {
        result[starter].scalar = scalar
        result[starter].change += element.change - 1
        continue
      }
      if element.combiningClass == 0 {
        (starter, lastClass) = (result.count, nil)
      } else if starter != nil {
        lastClass = element.combiningClass
      }
      result.append(element)
    }
    return result
  }
}
