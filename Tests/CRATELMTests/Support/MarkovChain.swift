import CRATELM
import Glibc
import SystemPackage

/// A language whose entropy is known: a chain in which every symbol depends on the one before it.
struct MarkovChain {
  let symbolCount: Int
  /// The probability of each symbol after each.
  private let transitions: [[Double]]

  init(symbolCount: Int, seed: UInt64) {
    var generator = SplitMix64(seed: seed, stream: "chain")
    self.symbolCount = symbolCount
    transitions = (0..<symbolCount).map { _ in
      let weights = (0..<symbolCount).map { _ in exp(2 * generator.gaussian()) }
      let total = weights.reduce(0, +)
      return weights.map { $0 / total }
    }
  }

  /// π, the distribution that the chain leaves as it is.
  private var stationary: [Double] {
    var stationary = [Double](repeating: 1 / Double(symbolCount), count: symbolCount)
    for _ in 0..<1000 {
      stationary = (0..<symbolCount).map { b in
        (0..<symbolCount).reduce(0) { $0 + stationary[$1] * transitions[$1][b] }
      }
    }
    return stationary
  }

  /// H = −Σ π_a P_ab ln P_ab in nats.
  var entropy: Double {
    zip(stationary, transitions).reduce(0) { total, row in
      total - row.0 * row.1.reduce(0) { $0 + $1 * log($1) }
    }
  }

  func symbols(_ count: Int, seed: UInt64) -> [Int32] {
    var generator = SplitMix64(seed: seed, stream: "symbols")
    var symbol = 0
    return (0..<count).map { _ in
      var rest = generator.uniformDouble()
      symbol =
        transitions[symbol].firstIndex { probability in
          rest -= probability
          return rest < 0
        } ?? symbolCount - 1
      return Int32(symbol)
    }
  }

  /// The least loss that filling one hidden symbol of `length` in a row can have, in nats, each
  /// place being chosen as often as others.
  ///
  /// The symbols beside it are known, at the ends only one of them. In a fifth of all cases a
  /// symbol stands in the hidden place: the right one as often as one drawn from all.
  func entropyOfHiddenSymbol(length: Int) -> Double {
    let symbols = 0..<symbolCount
    let stationary = stationary
    var (inner, first) = (0.0, 0.0)
    for c in symbols {
      for a in symbols {
        inner += Self.hiddenEntropy(
          symbols.map { stationary[a] * transitions[a][$0] * transitions[$0][c] })
      }
      first += Self.hiddenEntropy(symbols.map { stationary[$0] * transitions[$0][c] })
    }
    let last = symbols.reduce(0) { total, a in
      total + Self.hiddenEntropy(symbols.map { stationary[a] * transitions[a][$0] })
    }
    return (Double(length - 2) * inner + first + last) / Double(length)
  }

  /// −Σ p ln (p / Σ p) for probabilities that need not add up to 1, with what the hidden place
  /// itself tells.
  private static func hiddenEntropy(_ joint: [Double]) -> Double {
    func entropy(_ joint: [Double]) -> Double {
      let total = joint.reduce(0, +)
      return joint.reduce(0) { $0 - $1 * log($1 / total) }
    }
    let shown = joint.indices.reduce(0) { sum, shown in
      sum
        + entropy(
          joint.enumerated().map { symbol, probability in
            probability * ((symbol == shown ? 0.5 : 0) + 0.5 / Double(joint.count))
          })
    }
    return 0.8 * entropy(joint) + 0.2 * shown
  }

  /// −Σ π_a ln π_a in nats: what the frequencies of symbols alone leave to be guessed.
  var entropyOfSymbols: Double { -stationary.reduce(0) { $0 + $1 * log($1) } }

  /// The roles of a masked model's special tokens, which have the ids after the symbols.
  func maskingVocabulary() throws -> MaskingVocabulary {
    let first = Int32(symbolCount)
    let roles = MaskingVocabulary.Roles(
      mask: first, beginning: first + 1, end: first + 2, padding: first + 3)
    return try MaskingVocabulary(
      vocabularySize: symbolCount + 4, roles: roles, special: Array(first..<first + 4), unused: [],
      continuing: [])
  }

  /// `tokens` symbols packed into `directory`, a tenth of them held out; `specialCount` ids follow
  /// those of the symbols.
  func pack(_ tokens: Int, into directory: FilePath, specialCount: Int = 0) throws -> TokenData {
    var settings = PackSettings()
    settings.validationFraction = 0.1
    let tokenizer = PackedTokenizer(
      file: Array("{}".utf8),
      spelledBytes: SpelledBytes([Int](repeating: 1, count: symbolCount + specialCount)),
      endOfDocument: nil)
    let writer = try PackWriter(directory: directory, tokenizer: tokenizer, settings: settings)
    try writer.append(symbols(tokens, seed: 1), byteCount: tokens)
    try writer.endDocument()
    _ = try writer.finish()
    return try TokenData(directory: directory)
  }
}
