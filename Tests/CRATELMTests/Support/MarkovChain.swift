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

  /// H = −Σ π_a P_ab ln P_ab in nats, with π the stationary distribution.
  var entropy: Double {
    var stationary = [Double](repeating: 1 / Double(symbolCount), count: symbolCount)
    for _ in 0..<1000 {
      stationary = (0..<symbolCount).map { b in
        (0..<symbolCount).reduce(0) { $0 + stationary[$1] * transitions[$1][b] }
      }
    }
    return zip(stationary, transitions).reduce(0) { total, row in
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

  /// `tokens` symbols packed into `directory`, a tenth of them held out.
  func pack(_ tokens: Int, into directory: FilePath) throws -> TokenData {
    var settings = PackSettings()
    settings.validationFraction = 0.1
    let tokenizer = PackedTokenizer(
      file: Array("{}".utf8), byteCounts: [Int](repeating: 1, count: symbolCount),
      endOfDocument: nil)
    let writer = try PackWriter(directory: directory, tokenizer: tokenizer, settings: settings)
    try writer.append(symbols(tokens, seed: 1), byteCount: tokens)
    try writer.endDocument()
    _ = try writer.finish()
    return try TokenData(directory: directory)
  }
}
