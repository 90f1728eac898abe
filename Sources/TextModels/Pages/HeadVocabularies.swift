import CRATELM
import Tokenizer

/// The tokens that lie in the subspace of each head more than others do.
struct HeadVocabularies {
  /// A row for each head: its address, and its tokens.
  let rows: [[String]]

  /// The tokens of a head that are shown.
  private static let shownCount = 16
  /// The fewest places of a token that its mean is taken over.
  private static let leastPlaces = 4

  /// The vocabularies of the heads of `loaded` on `sequences`; `nil` for a model whose heads have no
  /// subspaces.
  ///
  /// - Throws: `ConfigurationError`, `OutOfMemory`.
  init?(_ loaded: TextModel, _ sequences: [[TokenID]], threads: Int?) throws {
    let configuration = loaded.model.configuration
    var sums = [[TokenID: Sum]](
      repeating: [:], count: configuration.depth * configuration.headCount)
    for ids in sequences {
      guard let layers = try loaded.model.subspaceShares(of: ids, threads: threads) else {
        return nil
      }
      for (layer, shares) in layers.enumerated() {
        for (id, row) in zip(ids, shares.shares) {
          for (head, share) in row.enumerated() {
            sums[layer * configuration.headCount + head][id, default: Sum()].add(share)
          }
        }
      }
    }
    rows = sums.enumerated().map { index, sums in
      let (layer, head) = index.quotientAndRemainder(dividingBy: configuration.headCount)
      let all = sums.values.reduce(into: Sum()) { $0.add($1) }
      let means = sums.filter { $1.count >= Self.leastPlaces }.map { id, sum in
        (id: id, value: (sum.mean - all.mean) / max(all.deviation, .leastNormalMagnitude))
      }
      let first = means.sorted { ($1.value, $0.id) < ($0.value, $1.id) }.prefix(Self.shownCount)
      let texts = first.map {
        "\(loaded.tokenizer.written($0.id).quoted) \($0.value.text(digits: 1))"
      }
      return ["\(layer):\(head)", texts.joined(separator: ", ")]
    }
  }

  /// A sum of numbers and of their squares.
  private struct Sum {
    private(set) var count = 0
    private var sum = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
      count += 1
      sum += value
      squares += value * value
    }

    mutating func add(_ other: Sum) {
      count += other.count
      sum += other.sum
      squares += other.squares
    }

    var mean: Double { sum / Double(max(1, count)) }
    var deviation: Double { max(0, squares / Double(max(1, count)) - mean * mean).squareRoot() }
  }
}
