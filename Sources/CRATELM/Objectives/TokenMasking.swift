/// Hides tokens of sequences, to be predicted from the tokens around them.
///
/// Devlin and others 2019, arXiv:1810.04805, with a new choice for every sequence (Liu and others
/// 2019, arXiv:1907.11692): of the chosen tokens, 80 % become the mask, 10 % a random token and
/// 10 % stay. Seed and position of the sequence in the order alone decide the choice, so a run
/// resumes by going on at its position.
public struct TokenMasking: Sendable {
  /// The masking vocabulary.
  public let vocabulary: MaskingVocabulary
  /// The rate of hidden tokens, and whether whole words are hidden.
  public let configuration: MaskingConfiguration

  private let seed: UInt64
  private let stream: String
  /// The ranges chosen as a whole: tokens, or words.
  private var units: [Range<Int>] = []
  private var isChosen: [Bool] = []

  private static let maskedShare = 0.8
  private static let replacedShare = 0.1
  private static let validationSeed: UInt64 = 0

  /// The masking for a purpose.
  public init(_ vocabulary: MaskingVocabulary, for use: ExampleUse) {
    self.vocabulary = vocabulary
    switch use {
    case .training(let configuration, let seed):
      (self.configuration, self.seed, stream) = (configuration, seed, "masking")
    case .validation:
      (configuration, seed, stream) =
        (MaskingConfiguration(), Self.validationSeed, "validation masking")
    }
  }

  /// Hides tokens among `ids`, the text at `position` of an order.
  ///
  /// Of n tokens that may be hidden, it chooses max(1, round(rate · n)), none if n is 0. With whole
  /// words it takes words in random order as long as they fit into that number, as BERT does; if
  /// none fits, it takes the first.
  ///
  /// - Parameters:
  ///   - ids: the text, in which chosen tokens are replaced.
  ///   - position: its position in the order.
  ///   - predict: called with index and token of every choice, in rising order of indices.
  public mutating func hide(
    _ ids: inout [Int32], position: Int, predict: (_ place: Int, _ id: Int32) -> Void
  ) {
    var generator = SplitMix64(seed: seed, stream: stream, position)
    choose(ids, &generator)
    for place in ids.indices where isChosen[place] {
      predict(place, ids[place])
      let draw = generator.uniformDouble()
      if draw < Self.maskedShare {
        ids[place] = vocabulary.roles.mask
      } else if draw < Self.maskedShare + Self.replacedShare {
        ids[place] = vocabulary.ordinary[generator.integer(below: vocabulary.ordinary.count)]
      }
    }
  }

  /// Marks the chosen indices in ``isChosen``.
  private mutating func choose(_ ids: [Int32], _ generator: inout SplitMix64) {
    isChosen.removeAll(keepingCapacity: true)
    isChosen.append(contentsOf: repeatElement(false, count: ids.count))
    let eligible = divide(ids)
    guard eligible > 0 else { return }
    let wanted = max(1, Int((configuration.rate * Double(eligible)).rounded()))
    var chosen = 0
    for index in units.indices where chosen < wanted {
      units.swapAt(index, index + generator.integer(below: units.count - index))
      if chosen + units[index].count > wanted { continue }
      mark(units[index])
      chosen += units[index].count
    }
    if chosen == 0 { mark(units[0]) }
  }

  private mutating func mark(_ unit: Range<Int>) {
    for place in unit { isChosen[place] = true }
  }

  /// Fills ``units``; returns the number of tokens that may be hidden.
  private mutating func divide(_ ids: [Int32]) -> Int {
    units.removeAll(keepingCapacity: true)
    var eligible = 0
    for place in ids.indices where vocabulary.mayHide(ids[place]) {
      eligible += 1
      if configuration.wholeWords, vocabulary.continuesWord(ids[place]),
        let last = units.last, last.upperBound == place
      {
        units[units.count - 1] = last.lowerBound..<place + 1
      } else {
        units.append(place..<place + 1)
      }
    }
    return eligible
  }
}
