/// Hides tokens of sequences, to be predicted from those around them.
///
/// Devlin and others 2019, arXiv:1810.04805, with masks drawn anew for every sequence that is
/// handed out (Liu and others 2019, arXiv:1907.11692): of the tokens chosen 80 % are replaced by
/// the mask, 10 % by a random token and 10 % are left as they are. The choice is a function of the
/// seed and the sequence's position in the order, so that a run is resumed by going on there.
public struct TokenMasking: Sendable {
  /// The tokens.
  public let vocabulary: MaskingVocabulary
  /// How many tokens are hidden.
  public let configuration: MaskingConfiguration

  private let seed: UInt64
  private let stream: String
  /// What is chosen as one: tokens, or words.
  private var units: [Range<Int>] = []
  private var isChosen: [Bool] = []

  private static let maskedShare = 0.8
  private static let replacedShare = 0.1
  private static let validationSeed: UInt64 = 0

  /// The masks for a use of the examples.
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
  /// Of n tokens that may be hidden, max(1, round(rate · n)) are chosen. With whole words, words
  /// are taken in a random order as long as they fit into that number, as BERT does; where none
  /// fits, the first of them is taken.
  ///
  /// - Parameters:
  ///   - ids: the text, whose chosen tokens may be replaced.
  ///   - position: its position in the order.
  ///   - predict: told the place and the token of every choice, the places ascending.
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

  /// Marks the chosen places in ``isChosen``.
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
