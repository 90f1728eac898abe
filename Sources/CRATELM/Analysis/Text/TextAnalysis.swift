/// A text taken apart, token by token; `docs/analysis.md` defines each number.
public struct TextAnalysis: Hashable, Sendable {
  /// An entry for each token, predicted from those before it, or in a masked model from those
  /// around it; `nil` for the first token of a causal model, which has one more entry at the end.
  public let tokens: [TokenAnalysis?]
}

/// The prediction of one token.
public struct TokenAnalysis: Hashable, Sendable {
  /// A token and its probability.
  public struct Candidate: Hashable, Sendable {
    /// The token.
    public let id: Int32
    /// Its probability.
    public let probability: Double
  }

  /// The token; after the end of the text, the likeliest one.
  public let id: Int32
  /// The negative logarithm of its probability, in nats; `nil` after the end of the text.
  public let loss: Double?
  /// The likeliest tokens by the output of each layer, the likeliest first.
  ///
  /// They are what the final norm, if the model has one, and the head make of it: a heuristic for
  /// all layers but the last.
  public let layers: [[Candidate]]
  /// The logit, as the model computes it.
  public let logit: Double
  /// Its terms of largest absolute value, the largest first.
  public let contributions: [Contribution]
  /// The rest of the logit.
  public let remainder: Remainder
}

/// A term of a sum that is exact for one text.
public struct Contribution: Hashable, Sendable {
  /// What contributes.
  public enum Source: Hashable, Sendable {
    /// A unit of a code.
    case unit(UnitAddress)
    /// An attention head, through the residual alone.
    case head(layer: Int, head: Int)
  }

  /// What contributes.
  public let source: Source
  /// The token that it stands at.
  public let token: Int
  /// The term.
  public let value: Double

  /// Larger absolute values first.
  static func precedes(_ a: Contribution, _ b: Contribution) -> Bool {
    abs(a.value) > abs(b.value)
  }
}

/// What a list of contributions leaves out, added up from its own terms.
public struct Remainder: Hashable, Sendable {
  /// The units and heads that are not in the list.
  public internal(set) var omitted = 0.0
  /// The embeddings, or the stream that enters where units and heads are not told apart.
  public internal(set) var stream = 0.0
  /// Biases and thresholds.
  public internal(set) var bias = 0.0

  /// The sum.
  public var total: Double { omitted + stream + bias }
}

/// Terms, of which a list keeps the largest.
struct ContributionList {
  private(set) var terms: [Contribution] = []
  var remainder = Remainder()

  /// Adds the term of `source` at `token`, if it is not zero.
  mutating func add(_ source: Contribution.Source, at token: Int, _ value: Double) {
    if value != 0 { terms.append(Contribution(source: source, token: token, value: value)) }
  }

  /// The `count` largest terms, and the remainder with all others; equal terms keep their order.
  func largest(_ count: Int) -> ([Contribution], Remainder) {
    let order = terms.indices.sorted {
      let (a, b) = (terms[$0], terms[$1])
      return abs(a.value) != abs(b.value) ? Contribution.precedes(a, b) : $0 < $1
    }
    var rest = remainder
    for index in order.dropFirst(count) { rest.omitted += terms[index].value }
    return (order.prefix(count).map { terms[$0] }, rest)
  }
}
