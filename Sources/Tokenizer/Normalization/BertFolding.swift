/// The part of BERT's normalisation that strips accents: canonical decomposition, removal of
/// nonspacing marks and, in one of two kinds, lower case.
///
/// Most scalars become the same whatever stands around them, so that a table says what. Only
/// marks that stay have to be put in canonical order.
final class BertFolding: Sendable {
  /// Accents and case removed.
  static let lowercasing = BertFolding(lowercases: true)
  /// Accents removed.
  static let keepingCase = BertFolding(lowercases: false)

  /// The decompositions and combining classes that the library uses.
  private static let decomposer = ICUNormalizer.of(.nfd, .tokenizers)

  /// What becomes of a scalar; a larger value is the place of its replacement.
  private enum Action {
    /// It stays as it is.
    static let copy: UInt32 = 0
    /// It is removed, with a place in canonical order before that.
    static let removeMark: UInt32 = 1
    /// It begins with a mark that stays, whose place depends on its neighbours.
    static let orderMark: UInt32 = 2
    /// It ends with such a mark.
    static let order: UInt32 = 3
    /// The first value that is a place, eight times it plus this.
    static let replace: UInt32 = 4
  }

  private typealias Element = ICUNormalizer.Element

  private let lowercases: Bool
  private let actions: ScalarTable<UInt32>
  /// Replacements, each after a byte with its length.
  private let replacements: [UInt8]

  private init(lowercases: Bool) {
    self.lowercases = lowercases
    var replacements: [UInt8] = []
    actions = ScalarTable { value in
      guard let scalar = Unicode.Scalar(value), Self.isChanged(scalar, lowercases) else {
        return Action.copy
      }
      let elements = Self.decomposer.elements(of: scalar)
      let marks = elements.filter { $0.combiningClass > 0 }
      if marks.contains(where: { !Self.isRemoved($0.scalar) }) {
        return elements[0].combiningClass > 0 ? Action.orderMark : Action.order
      }
      if marks.count == elements.count { return Action.removeMark }
      let replacement = Self.folded(elements, lowercases)
      if replacement.elementsEqual(UTF8.encode(scalar) ?? UTF8.EncodedScalar()) {
        return Action.copy
      }
      replacements.append(UInt8(truncatingIfNeeded: replacement.count))
      replacements.append(contentsOf: replacement)
      return Action.replace + UInt32(replacements.count - replacement.count - 1)
    }
    self.replacements = replacements
  }

  /// Appends `text`, known to be UTF-8, to `output`.
  func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    var position = 0
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      let action = actions[value]
      if action == Action.copy {
        position &+= length
        continue
      }
      output.copy(text, upTo: position)
      if action >= Action.replace {
        let place = Int(action &- Action.replace)
        let end = place &+ 1 &+ Int(replacements[place])
        output.replace(length, by: replacements[(place &+ 1)..<end])
        position &+= length
      } else {
        let (end, needsOrder) = runEnd(in: text, from: position)
        if needsOrder {
          orderRun(text, position..<end, into: &output)
        } else {
          output.replace(end - position, by: EmptyCollection())
        }
        position = end
      }
    }
    output.copy(text, upTo: text.count)
  }

  /// Whether `scalar` is no mark, whose place depends on what stands before.
  func hasBoundary(before scalar: UInt32) -> Bool {
    actions[scalar] != Action.removeMark && actions[scalar] != Action.orderMark
  }

  /// The end of the scalar at `start` and of the marks after it, and whether any of all stays.
  private func runEnd(in text: Span<UInt8>, from start: Int) -> (end: Int, needsOrder: Bool) {
    var (position, needsOrder) = (start, false)
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      let action = actions[value]
      let isMark = action == Action.removeMark || action == Action.orderMark
      guard isMark || position == start else { break }
      if action != Action.removeMark { needsOrder = true }
      position += length
    }
    return (position, needsOrder)
  }

  /// Appends the run of marks `range`, which may begin with another scalar, in canonical order.
  ///
  /// Each place in the order takes its origin from the place in the input, as the library has it.
  private func orderRun(
    _ text: Span<UInt8>, _ range: Range<Int>, into output: inout NormalizedText
  ) {
    var elements: [Element] = []
    var lengths: [Int] = []
    let run = Array(copying: text.extracting(range))
    for scalar in String(decoding: run, as: UTF8.self).unicodeScalars {
      elements += Self.decomposer.elements(of: scalar)
      lengths.append(UTF8.width(scalar))
    }
    elements.orderMarks(by: \.combiningClass)
    var next = 0
    for length in lengths {
      var group: [Element] = []
      repeat {
        group.append(elements[next])
        next += 1
      } while next < elements.count && elements[next].change != 0
      output.replace(length, by: Self.folded(group, lowercases))
    }
  }

  /// Whether anything can become of `scalar`; quick, as it is asked for all.
  private static func isChanged(_ scalar: Unicode.Scalar, _ lowercases: Bool) -> Bool {
    if lowercases, scalar.properties.changesWhenLowercased { return true }
    return !decomposer.isStable[scalar.value] || isRemoved(scalar)
  }

  private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
    BertCharacterTable.shared[scalar.value].contains(.nonspacingMark)
  }

  /// What is left of `elements`.
  private static func folded(_ elements: [Element], _ lowercases: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for element in elements where !isRemoved(element.scalar) {
      if lowercases {
        bytes.append(contentsOf: element.scalar.properties.lowercaseMapping.utf8)
      } else {
        bytes.append(contentsOf: UTF8.encode(element.scalar) ?? UTF8.EncodedScalar())
      }
    }
    return bytes
  }
}
