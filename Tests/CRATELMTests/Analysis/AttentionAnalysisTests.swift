// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CRATELM
import Testing

/// Attention, subspaces and scores beside direct computation in double precision, from the input of
/// a layer and the parameters.
@Suite struct AttentionAnalysisTests {
  private let ids: [Int32] = [7, 12, 60, 7, 33, 21, 9, 12]
  private static let heads = [HeadAddress(layer: 0, head: 1), HeadAddress(layer: 2, head: 0)]

  /// Q and K of a head, `[tokens, p]`, from the layer's input; K is Q where one projection serves
  /// both.
  private func queriesAndKeys(
    _ head: HeadAddress, _ golden: GoldenModel
  ) throws -> (Q: [[Double]], K: [[Double]]) {
    let model = golden.model
    let name = "layers.\(head.layer).attention"
    let before = "layers.\(head.layer - 1)"
    let inputs =
      switch (head.layer, model.configuration.architecture) {
      case (0, _): model.configuration.objective == .masked ? "embedding_norm" : "embedding"
      case (_, .crate): "\(before).ista.code"
      case (_, .attentionOnly): "\(before).attention.output"
      case (_, .transformer): "\(before).mlp.output"
      default: "\(before).ista.output"
      }
    let input = try #require(try model.activations(of: ids, threads: 1) { $0 == inputs }.first)
    func parameter(_ key: String) -> [Double]? {
      model.parameter("\(name).\(key)").map { $0.values.map(Double.init) }
    }
    var X = ids.indices.map { input[$0].map(Double.init) }
    let configuration = model.configuration
    let isPostNorm =
      configuration.architecture == .transformer && configuration.objective == .masked
    if !isPostNorm, let gain = parameter("norm.gain"), let bias = parameter("norm.bias") {
      X = Reference.layerNorm(
        X, gain: gain, bias: bias,
        epsilon: configuration.architecture == .crateAlpha ? 1e-6 : 1e-5)
    }
    let (d, p) = (configuration.width, configuration.headWidth)
    let U = Reference.rows(
      try #require(parameter("subspaces") ?? parameter("query_key_value")), d)
    let W = Reference.dense(X, U).map { row in
      parameter("query_key_value_bias").map { zip(row, $0).map { $0 + $1 } } ?? row
    }
    let offset = configuration.architecture == .transformer ? d : 0
    return (
      W.map { Array($0[head.head * p..<(head.head + 1) * p]) },
      W.map { Array($0[offset + head.head * p..<offset + (head.head + 1) * p]) }
    )
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func attentionIsSoftmaxOfScores(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    for head in Self.heads {
      let found = try golden.model.attention(of: head, over: ids, threads: 2)
      let (Q, K) = try queriesAndKeys(head, golden)
      let P = Reference.attentionWeights(Q, K, mask: objective.attention)
      for (query, row) in P.enumerated() {
        #expect(zip(found.weights[query], row).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(abs(found.selfShares[query] - row[query]) < 1e-5)
        let rest = 1 - row[query]
        guard let others = found.withoutSelf[query] else {
          #expect(query == 0 && objective == .causal)
          continue
        }
        #expect(others[query] == 0 && abs(others.reduce(0, +) - 1) < 1e-12)
        for key in row.indices where key != query {
          #expect(abs(others[key] * rest - row[key]) < 1e-5)
        }
      }
    }
  }

  @Test(arguments: Architecture.allCases, Objective.allCases)
  func scoresAreSumsOverPairs(architecture: Architecture, objective: Objective) throws {
    let golden = try GoldenModel(architecture, objective)
    for head in Self.heads {
      let (Q, K) = try queriesAndKeys(head, golden)
      for (query, key) in [(7, 2), (4, 4)] {
        let form = try golden.model.queryKeyForm(
          of: head, query: query, key: key, in: ids, count: 9, threads: 2)
        let product = zip(Q[query], K[key]).reduce(0) { $0 + $1.0 * $1.1 }
        let score = product / Double(Q[query].count).squareRoot()
        #expect(abs(form.score - score) < 1e-5 * max(1, abs(score)))
        let sum = form.terms.reduce(form.remainder) { $0 + $1.value }
        #expect(abs(sum - form.score) < 1e-5 * max(1, abs(score)), "\(sum), \(form.score)")
        #expect(form.terms.count == 9)
        #expect(
          zip(form.terms, form.terms.dropFirst()).allSatisfy { abs($0.value) >= abs($1.value) })
        // A longer list takes its terms from the rest.
        let long = try golden.model.queryKeyForm(
          of: head, query: query, key: key, in: ids, count: 20, threads: 1)
        #expect(Array(long.terms.prefix(9)) == form.terms)
        let moved = long.terms.dropFirst(9).reduce(0) { $0 + $1.value }
        #expect(abs(form.omitted - long.omitted - moved) < 1e-9)
      }
    }
  }

  /// With one projection a pair of numbers and its reverse have the same term for a token's score
  /// for itself.
  @Test func formIsSymmetric() throws {
    let golden = try GoldenModel(.crate, .causal)
    let form = try golden.model.queryKeyForm(
      of: HeadAddress(layer: 1, head: 0), query: 5, key: 5, in: ids, count: 600)
    #expect(form.omitted == 0 && abs(form.queryBias - form.keyBias) < 1e-9)
    for term in form.terms {
      let reverse = form.terms.first { $0.query == term.key && $0.key == term.query }
      #expect(abs((reverse?.value ?? .nan) - term.value) < 1e-9)
    }
  }

  @Test(arguments: Architecture.allCases)
  func sharesAreThoseOfCoordinates(architecture: Architecture) throws {
    let golden = try GoldenModel(architecture, .causal)
    let found = try golden.model.subspaceShares(of: ids, threads: 2)
    guard architecture != .transformer else { return #expect(found == nil) }
    let layers = try #require(found)
    #expect(layers.count == 3)
    let heads = golden.model.configuration.headCount
    for layer in layers.indices {
      let energies = try (0..<heads).map { head in
        try queriesAndKeys(HeadAddress(layer: layer, head: head), golden).Q.map { row in
          row.reduce(0) { $0 + $1 * $1 }
        }
      }
      let shares = layers[layer].shares
      for token in ids.indices {
        let total = energies.reduce(0) { $0 + $1[token] }
        for head in 0..<heads {
          #expect(abs(shares[token][head] - energies[head][token] / total) < 1e-5)
        }
        let largest = SubspaceShares.largest(of: shares)[token]
        #expect(shares[token].allSatisfy { $0 <= shares[token][largest] })
      }
      let standardized = layers[layer].standardized
      for head in 0..<heads {
        let column = standardized.map { $0[head] }
        #expect(abs(column.reduce(0, +)) < 1e-9)
        #expect(abs(column.reduce(0) { $0 + $1 * $1 } - Double(ids.count - 1)) < 1e-6)
      }
    }
  }

  @Test func impossibleHeadsAndTokensAreRefused() throws {
    let model = try GoldenModel(.crate, .causal).model
    let heads = model.configuration.headCount
    for head in [HeadAddress(layer: 3, head: 0), HeadAddress(layer: 0, head: heads)] {
      #expect(throws: ConfigurationError.self) { try model.attention(of: head, over: ids) }
    }
    let head = HeadAddress(layer: 0, head: 0)
    for (query, key) in [(8, 0), (-1, 0), (3, 4), (3, -1)] {
      #expect(throws: ConfigurationError.self) {
        try model.queryKeyForm(of: head, query: query, key: key, in: ids)
      }
    }
    #expect(throws: ConfigurationError.self) { try model.attention(of: head, over: []) }
    #expect(HeadAddress("2:1") == HeadAddress(layer: 2, head: 1))
    #expect(HeadAddress("2") == nil && HeadAddress("2:-1") == nil)
  }
}
