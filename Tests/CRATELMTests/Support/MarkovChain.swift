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

  /// H(X_t | X_{t−1}, X_{t+1}) in nats: what hiding one symbol leaves to be guessed.
  ///
  /// With the joint probability π_a P_ab P_bc of three symbols in a row it is
  /// −Σ π_a P_ab P_bc ln (P_ab P_bc / Σ_b P_ab P_bc).
  var entropyBetweenNeighbours: Double {
    let symbols = 0..<symbolCount
    let stationary = stationary
    var total = 0.0
    for (a, c) in symbols.flatMap({ a in symbols.map { (a, $0) } }) {
      let paths = symbols.map { transitions[a][$0] * transitions[$0][c] }
      let sum = paths.reduce(0, +)
      for path in paths { total -= stationary[a] * path * log(path / sum) }
    }
    return total
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
      file: Array("{}".utf8), byteCounts: [Int](repeating: 1, count: symbolCount + specialCount),
      endOfDocument: nil)
    let writer = try PackWriter(directory: directory, tokenizer: tokenizer, settings: settings)
    try writer.append(symbols(tokens, seed: 1), byteCount: tokens)
    try writer.endDocument()
    _ = try writer.finish()
    return try TokenData(directory: directory)
  }
}
