/// What is put around the tokens of a text, such as [CLS] and [SEP].
public enum PostProcessor: Equatable, Sendable {
  /// [CLS] before and [SEP] behind, as BERT has them.
  case bert(classification: SpecialToken, separator: SpecialToken)
  /// `<s>` before and `</s>` behind, as RoBERTa has them.
  case roberta(
    classification: SpecialToken, separator: SpecialToken, trimsOffsets: Bool,
    addsPrefixSpace: Bool)
  /// Any tokens before and behind.
  case template(ProcessingTemplate)
  /// Nothing, but a say in the places of tokens.
  case byteLevel(trimsOffsets: Bool, addsPrefixSpace: Bool)
  /// One after the other.
  case sequence([PostProcessor])

  /// How white space is taken off the places of tokens.
  public struct OffsetTrimming: Equatable, Sendable {
    /// Whether the first token keeps its own.
    public let addsPrefixSpace: Bool
  }

  /// How white space is taken off the places of tokens, one after the other; empty where it stays.
  public var offsetTrimmings: [OffsetTrimming] {
    switch self {
    case .roberta(_, _, let trims, let addsPrefixSpace), .byteLevel(let trims, let addsPrefixSpace):
      trims ? [OffsetTrimming(addsPrefixSpace: addsPrefixSpace)] : []
    case .sequence(let processors): processors.flatMap(\.offsetTrimmings)
    case .bert, .template: []
    }
  }

  /// The ids before a text.
  public var prefix: [TokenID] {
    switch self {
    case .bert(let token, _), .roberta(let token, _, _, _): [token.id]
    case .template(let template): template.ids(template.single.prefix { !$0.isText })
    case .byteLevel: []
    case .sequence(let processors): processors.reversed().flatMap(\.prefix)
    }
  }

  /// The ids behind a text.
  public var suffix: [TokenID] {
    switch self {
    case .bert(_, let token), .roberta(_, let token, _, _): [token.id]
    case .template(let template):
      template.ids(template.single.drop { !$0.isText }.dropFirst())
    case .byteLevel: []
    case .sequence(let processors): processors.flatMap(\.suffix)
    }
  }

  /// `first` and `second`, the ids of two texts, with what is put around a pair.
  public func pair(_ first: [TokenID], _ second: [TokenID]) -> PairEncoding {
    func part(_ ids: [TokenID], _ typeID: Int) -> PairEncoding {
      PairEncoding(ids: ids, typeIDs: ids.map { _ in typeID })
    }
    switch self {
    case .bert(let classification, let separator):
      return part([classification.id] + first + [separator.id], 0)
        + part(second + [separator.id], 1)
    case .roberta(let classification, let separator, _, _):
      return part([classification.id] + first + [separator.id, separator.id], 0)
        + part(second + [separator.id], 0)
    case .template(let template):
      return template.pair.reduce(PairEncoding()) { result, element in
        switch element {
        case .token(_, let typeID): result + part(template.ids([element]), typeID)
        case .first(let typeID): result + part(first, typeID)
        case .second(let typeID): result + part(second, typeID)
        }
      }
    case .byteLevel: return part(first, 0) + part(second, 1)
    case .sequence(let processors):
      // Only one of them puts tokens anywhere.
      let placing = processors.first { if case .byteLevel = $0 { false } else { true } }
      return placing?.pair(first, second) ?? part(first, 0) + part(second, 1)
    }
  }
}

/// The ids of two texts that belong together, such as a question and an answer.
public struct PairEncoding: Equatable, Sendable {
  /// The ids.
  public var ids: [TokenID] = []
  /// For each id the number that tells the texts apart, 0 and 1 with BERT.
  public var typeIDs: [Int] = []

  /// `left` and behind it `right`.
  static func + (left: PairEncoding, right: PairEncoding) -> PairEncoding {
    PairEncoding(ids: left.ids + right.ids, typeIDs: left.typeIDs + right.typeIDs)
  }
}

/// A list of tokens with a place for a text, and another with places for a pair of texts.
public struct ProcessingTemplate: Equatable, Sendable {
  /// A part of a template.
  public enum Part: Equatable, Sendable {
    /// The token named so in ``ProcessingTemplate/tokens``.
    case token(String, typeID: Int)
    /// The text, or the first of a pair.
    case first(typeID: Int)
    /// The second text of a pair.
    case second(typeID: Int)

    /// Whether it is the place of a text.
    var isText: Bool {
      if case .token = self { false } else { true }
    }
  }

  /// What a name in a template stands for.
  public struct Token: Equatable, Sendable {
    /// The name.
    public let name: String
    /// The ids that take its place.
    public let ids: [TokenID]
    /// How they are written.
    public let contents: [String]

    /// A name for some ids.
    public init(name: String, ids: [TokenID], contents: [String]) {
      (self.name, self.ids, self.contents) = (name, ids, contents)
    }
  }

  /// The template for a text; it has one place for it.
  public let single: [Part]
  /// The template for a pair of texts.
  public let pair: [Part]
  /// What the names in the templates stand for.
  public let tokens: [Token]

  /// A template; `nil` unless `single` has one place for a text and every name stands for ids.
  public init?(single: [Part], pair: [Part], tokens: [Token]) {
    let texts = single.filter(\.isText)
    guard texts.count == 1, case .first? = texts.first else { return nil }
    let names = Set(tokens.map { Array($0.name.utf8) })
    for case .token(let name, _) in single + pair where !names.contains(Array(name.utf8)) {
      return nil
    }
    (self.single, self.pair, self.tokens) = (single, pair, tokens)
  }

  /// The template that puts one token before and one behind each text of any number.
  public init(prefix: [SpecialToken], suffix: [SpecialToken]) {
    func parts(_ tokens: [SpecialToken], _ typeID: Int) -> [Part] {
      tokens.map { .token($0.content, typeID: typeID) }
    }
    single = parts(prefix, 0) + [.first(typeID: 0)] + parts(suffix, 0)
    pair = single + [.second(typeID: 1)] + parts(suffix, 1)
    tokens = (prefix + suffix).map { Token(name: $0.content, ids: [$0.id], contents: [$0.content]) }
  }

  func ids(_ parts: ArraySlice<Part>) -> [TokenID] {
    parts.flatMap { part in
      guard case .token(let name, _) = part else { return [TokenID]() }
      return tokens.first { $0.name.utf8.elementsEqual(name.utf8) }?.ids ?? []
    }
  }
}
