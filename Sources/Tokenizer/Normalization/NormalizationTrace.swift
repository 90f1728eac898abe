/// Says which scalar of a text each scalar of its normal form came from, as `tokenizers` has it.
///
/// The library decomposes, orders and composes scalar by scalar (UAX 15), and tells of each scalar
/// of the result whether it was put in or how many more of the text it stands for. Its offsets
/// follow from these numbers, in which marks that were reordered keep their number but not their
/// place.
struct NormalizationTrace {
  /// A scalar of the text, by its bytes, and the bytes that took its place.
  struct Part {
    let inputCount: Int
    var output: [UInt8] = []
  }

  /// A scalar of the result.
  private struct Element {
    var scalar: UInt32
    let combiningClass: UInt8
    /// 1 where it was put in, else 0 or, for each further scalar that went into it, less.
    var change: Int
  }

  private let normalizer: ICUNormalizer

  init(_ normalizer: ICUNormalizer) { self.normalizer = normalizer }

  /// What became of each scalar of `span`, known to be UTF-8.
  func parts(of span: Span<UInt8>) -> [Part] {
    var parts: [Part] = []
    var elements: [Element] = []
    var position = 0
    while position < span.count {
      let (value, length) = UTF8Scan.scalar(in: span, at: position)
      append(value, to: &elements)
      parts.append(Part(inputCount: length))
      position += length
    }
    elements.orderMarks(by: \.combiningClass)
    var next = 0
    for element in normalizer.form.composes ? composed(elements) : elements {
      guard let scalar = Unicode.Scalar(element.scalar), let bytes = UTF8.encode(scalar) else {
        continue
      }
      // What was put in stands with the last scalar that was used up.
      let place = element.change > 0 ? max(next - 1, 0) : next
      if place < parts.count { parts[place].output.append(contentsOf: bytes) }
      if element.change <= 0 { next += 1 - element.change }
    }
    return parts
  }

  private func append(_ value: UInt32, to elements: inout [Element]) {
    let decomposition = normalizer.decomposition(of: value)
    for (index, scalar) in (decomposition.isEmpty ? [value] : decomposition).enumerated() {
      elements.append(
        Element(
          scalar: scalar, combiningClass: normalizer.combiningClass(of: scalar),
          change: index == 0 ? 0 : 1))
    }
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
        let scalar = normalizer.composition(result[starter].scalar, element.scalar)
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
