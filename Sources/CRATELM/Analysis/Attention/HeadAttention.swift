/// The attention of a head over a text.
public struct HeadAttention: Hashable, Sendable {
  /// The head.
  public let address: HeadAddress
  /// P, `[queries, keys]`: the share of each token in the attention of each; 0 where not seen.
  public let weights: [[Double]]

  fileprivate init(address: HeadAddress, _ matrix: NamedValues?, tokenCount: Int) {
    self.address = address
    weights = (0..<tokenCount).map { row in matrix.map { $0[row].map(Double.init) } ?? [] }
  }

  /// The share that each token pays to itself.
  public var selfShares: [Double] { weights.indices.map { weights[$0][$0] } }

  /// The shares of the other tokens alone, which add up to 1; `nil` for a token that sees no other.
  public var withoutSelf: [[Double]?] { weights.indices.map(others) }

  /// The other token with the largest share in the attention of `query`, the first of equal ones;
  /// `nil` for a token that sees no other.
  public func largestOther(of query: Int) -> Int? { others(of: query)?.indexOfLargest }

  private func others(of query: Int) -> [Double]? {
    var others = weights[query]
    others[query] = 0
    let total = others.reduce(0, +)
    return total > 0 ? others.map { $0 / total } : nil
  }
}

extension [Double] {
  /// The place of the largest number, the first of equal ones.
  fileprivate var indexOfLargest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}

/// The share of each head's subspace in the coordinates of each token.
public struct SubspaceShares: Hashable, Sendable {
  /// `‖W_h[t]‖² / Σ_h′ ‖W_h′[t]‖²`, `[tokens, heads]`.
  public let shares: [[Double]]

  /// The distance of each share from the mean of its head over the text, in its deviations; 0 in a
  /// head with the same share everywhere.
  public var standardized: [[Double]] {
    var result = shares
    for head in shares.first?.indices ?? 0..<0 {
      let spread = Spread(shares.map { $0[head] })
      let (mean, deviation) = (spread?.mean ?? 0, spread?.deviation ?? 0)
      for token in shares.indices {
        result[token][head] = deviation > 0 ? (shares[token][head] - mean) / deviation : 0
      }
    }
    return result
  }

  /// The head of the largest of `values` for each token, the first of equal ones.
  public static func largest(of values: [[Double]]) -> [Int] { values.map(\.indexOfLargest) }
}

extension LanguageModel {
  /// The attention of a head over a text.
  ///
  /// - Parameters:
  ///   - address: the head.
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the weights of attention, as the model computes them.
  /// - Throws: ``ConfigurationError`` for a head that there is not, no ids, more ids than the
  ///   context, or an id outside the vocabulary; ``OutOfMemory``.
  public func attention(
    of address: HeadAddress, over ids: [Int32], threads: Int? = nil
  ) throws -> HeadAttention {
    try configuration.require(address)
    let name = "layers.\(address.layer).attention.weights"
    let found = try activations(of: ids, threads: threads) { $0 == name }
    return HeadAttention(
      address: address, found.first { $0.head == address.head }, tokenCount: ids.count)
  }

  /// The attention of all heads over a text, layer by layer.
  ///
  /// - Parameters:
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the weights of attention, as the model computes them.
  /// - Throws: as ``attention(of:over:threads:)``.
  public func attentions(over ids: [Int32], threads: Int? = nil) throws -> [HeadAttention] {
    let found = try activations(of: ids, threads: threads) { $0.hasSuffix(".attention.weights") }
    return found.enumerated().map { index, matrix in
      HeadAttention(
        address: HeadAddress(
          layer: index / configuration.headCount, head: index % configuration.headCount),
        matrix, tokenCount: ids.count)
    }
  }

  /// The shares of the subspaces in the coordinates of a text, layer by layer.
  ///
  /// - Parameters:
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the shares; `nil` for a `transformer`, whose heads have no subspace.
  /// - Throws: ``ConfigurationError`` for no ids, more ids than the context, or an id outside the
  ///   vocabulary; ``OutOfMemory``.
  public func subspaceShares(of ids: [Int32], threads: Int? = nil) throws -> [SubspaceShares]? {
    guard configuration.architecture != .transformer else { return nil }
    let coordinates = try activations(of: ids, threads: threads) {
      $0.hasSuffix(".attention.coordinates")
    }
    let (heads, p) = (configuration.headCount, configuration.headWidth)
    return coordinates.map { layer in
      SubspaceShares(
        shares: ids.indices.map { token in
          let row = layer[token].map(Double.init)
          let energies = (0..<heads).map { head in
            row[head * p..<(head + 1) * p].reduce(0) { $0 + $1 * $1 }
          }
          let total = energies.reduce(0, +)
          return energies.map { total > 0 ? $0 / total : 0 }
        })
    }
  }
}
