// swift-format-ignore-file: AlwaysUseLowerCamelCase
// x_t  [d]  the layer's input at a token     ρ_t, μ_t  its deviation and mean     g, b  the norm
// U_h  [p, d]  projection of the head (queries and keys have two in a transformer)
// A_t  [p, d]  = ρ_t·centred(U_h ∘ g)        a  [p]  = U_h·b, in a transformer with its bias
// S[t, s] = ⟨A_t·x_t + a, A_s·x_s + a⟩/√p = Σ_{j, j′} x_t[j]·G[j, j′]·x_s[j′] + …,  G = A_tᵀ·A_s/√p

/// The score of a key for a query as a sum over pairs of numbers of the layer's input.
///
/// With one projection for queries and keys, G is `ρ_t·ρ_s·C·D·U_hᵀ·U_h·D·C/√p` with the centring C
/// and the gain D of the norm: symmetric but for the deviations and positive semidefinite. The sum is
/// exact for this text.
public struct QueryKeyForm: Hashable, Sendable {
  /// A pair of numbers and its share of the score.
  public struct Term: Hashable, Sendable {
    /// j, the number of the query's input.
    public let query: Int
    /// j′, the number of the key's input.
    public let key: Int
    /// `x_t[j]·G[j, j′]·x_s[j′]`.
    public let value: Double
  }

  /// The head.
  public let head: HeadAddress
  /// The index of the token that attends.
  public let query: Int
  /// The index of the token that it attends to.
  public let key: Int
  /// S, the logarithm of the attention but for a number that is the same for all keys.
  public let score: Double
  /// The terms of largest absolute value, the largest first.
  public internal(set) var terms: [Term] = []
  /// The sum of all other terms, added up one by one.
  public internal(set) var omitted = 0.0
  /// The part that depends on the query alone, `⟨A_t·x_t, a⟩/√p`.
  public internal(set) var queryBias = 0.0
  /// The part that depends on the key alone, `⟨a, A_s·x_s⟩/√p`.
  public internal(set) var keyBias = 0.0
  /// `⟨a, a⟩/√p`.
  public internal(set) var constant = 0.0

  /// What the list leaves out.
  public var remainder: Double { omitted + queryBias + keyBias + constant }

  /// Adds a term, and moves the smallest to the rest if there are more than `count`.
  fileprivate mutating func add(_ term: Term, _ count: Int) {
    guard terms.count == count, let last = terms.last else {
      return insert(term)
    }
    guard abs(term.value) > abs(last.value) else {
      omitted += term.value
      return
    }
    omitted += last.value
    terms.removeLast()
    insert(term)
  }

  private mutating func insert(_ term: Term) {
    let place = terms.firstIndex { abs($0.value) < abs(term.value) } ?? terms.count
    terms.insert(term, at: place)
  }
}

extension LanguageModel {
  /// The score of a key for a query of a head, in closed form.
  ///
  /// - Parameters:
  ///   - head: the head.
  ///   - query: the index of the token that attends.
  ///   - key: the index of the token that it attends to.
  ///   - ids: the text; for a masked model, with the special tokens of its frame.
  ///   - count: the terms that are listed, at least 1.
  ///   - threads: the number of threads, which changes no bit; `nil` for one per processor.
  /// - Returns: the score and its terms.
  /// - Throws: ``ConfigurationError`` for a head or a token that there is not, a key that the query
  ///   does not see, no ids, more ids than the context, or an id outside the vocabulary;
  ///   ``OutOfMemory``.
  public func queryKeyForm(
    of head: HeadAddress, query: Int, key: Int, in ids: [Int32], count: Int = 20,
    threads: Int? = nil
  ) throws -> QueryKeyForm {
    try configuration.require(head)
    let isSeen =
      ids.indices.contains(query)
      && (0..<configuration.objective.attention.visible(at: query, of: ids.count)).contains(key)
    guard isSeen else {
      throw ConfigurationError(
        """
        Token \(query) of a text of \(ids.count) does not see token \(key); expected a token and one \
        that it sees, counted from 0.
        """)
    }
    let parts = ModelParts(self)
    let attention = "layers.\(head.layer).attention"
    let input = parts.input(ofLayer: head.layer)
    let found = try activations(of: ids, threads: threads) {
      $0 == input || $0 == "\(attention).coordinates"
    }
    func row(_ name: String, _ token: Int) -> [Double] {
      found.first { $0.name == name }.map { $0[token].map(Double.init) } ?? []
    }
    let p = configuration.headWidth
    let columns = head.head * p..<(head.head + 1) * p
    let offset = configuration.architecture == .transformer ? configuration.width : 0
    let keys = columns.lowerBound + offset..<columns.upperBound + offset
    let scale = 1 / Double(p).squareRoot()
    let Q = HeadMap(attention, columns, parts, at: row(input, query))
    let K = HeadMap(attention, keys, parts, at: row(input, key))
    var form = QueryKeyForm(
      head: head, query: query, key: key,
      score: dot(
        row("\(attention).coordinates", query)[columns],
        row("\(attention).coordinates", key)[keys]) * scale)
    form.queryBias = dot(Q.image, K.constant) * scale
    form.keyBias = dot(Q.constant, K.image) * scale
    form.constant = dot(Q.constant, K.constant) * scale
    form.add(max(1, count), termsOf: Q, K, scale)
    return form
  }
}

extension QueryKeyForm {
  /// Lists the `count` largest of the terms `xᵢ Gᵢⱼ yⱼ scale` of the bilinear form `G = QᵀK`.
  fileprivate mutating func add(_ count: Int, termsOf Q: HeadMap, _ K: HeadMap, _ scale: Double) {
    for j in Q.input.indices where Q.input[j] != 0 {
      var G = [Double](repeating: 0, count: K.input.count)
      for (a, b) in zip(Q.matrix, K.matrix) {
        for column in G.indices { G[column] += a[j] * b[column] }
      }
      for column in G.indices where K.input[column] != 0 {
        let value = Q.input[j] * G[column] * K.input[column] * scale
        add(Term(query: j, key: column, value: value), count)
      }
    }
  }
}

/// The coordinates of a token in a head as an affine function of the layer's input, with the
/// deviation of the token's norm.
private struct HeadMap {
  let input: [Double]
  /// A, by its rows.
  private(set) var matrix: [[Double]] = []
  /// a.
  private(set) var constant: [Double] = []
  /// A·x.
  var image: [Double] { matrix.map { dot($0, input) } }

  init(_ attention: String, _ rows: Range<Int>, _ parts: ModelParts, at x: [Double]) {
    input = x
    guard
      let U = parts.matrix("\(attention).subspaces") ?? parts.matrix("\(attention).query_key_value")
    else { return }
    let norm = parts.isPostNorm ? nil : parts.norm("\(attention).norm", at: x)
    let bias = parts.vector("\(attention).query_key_value_bias")
    for row in rows {
      let u = U[row].doubles
      matrix.append(norm?.pullback(u) ?? u)
      let shift = norm.map { dot(u, $0.bias) } ?? 0
      constant.append(shift + (bias?[row] ?? 0))
    }
  }
}
