public import Tokenizer

/// What stands behind each document of packed text.
public enum DocumentEnd: Equatable, Sendable {
  /// A token, as a rule a special one.
  case token(TokenID)
  /// Nothing: documents follow each other without a mark, and a model does not learn to end.
  case nothing
  /// It is not known; more than one document is refused.
  case unknown

  /// The end that `id` says; if it is `nil`, none is known, or there is none to choose because the
  /// tokenizer has no special token but the unknown one.
  public init(id: TokenID?, in tokenizer: any TextTokenizer) {
    let hasChoice = !UnknownEnd(in: tokenizer).candidates.isEmpty
    self = id.map(DocumentEnd.token) ?? (hasChoice ? .unknown : .nothing)
  }

  /// The token written `content`, a special one if there is one.
  ///
  /// - Throws: ``UnknownEnd`` if `tokenizer` has none.
  public init(token content: String, in tokenizer: any TextTokenizer) throws(UnknownEnd) {
    guard let id = tokenizer.token(content) else {
      throw UnknownEnd(in: tokenizer, asked: content)
    }
    self = .token(id)
  }

  /// The id behind each document; `nil` for nothing, or if it is not known.
  public var id: TokenID? {
    if case .token(let id) = self { id } else { nil }
  }
}

/// The end of documents is not known: nothing says it, or a token that the tokenizer lacks.
public struct UnknownEnd: Error, Equatable, CustomStringConvertible {
  /// The special tokens that it may be, those that look like ends first.
  public let candidates: [String]
  /// The token asked for, which the tokenizer does not have; `nil` if none was.
  public let asked: String?

  /// Parts of names that mark an end, or a place between two texts.
  private static let marks = ["end", "eos", "eot", "eod", "/s>", "sep"]
  /// The most candidates that are named.
  private static let longestList = 8

  init(in tokenizer: any TextTokenizer, asked: String? = nil) {
    let names = tokenizer.specialTokens.filter { $0.id != tokenizer.unknownID }.map(\.content)
    let isEnd = { (name: String) in
      Self.marks.contains { name.lowercased().contains($0) }
    }
    (candidates, self.asked) = (names.filter(isEnd) + names.filter { !isEnd($0) }, asked)
  }

  /// What is missing, and the candidates, as a clause.
  public var reason: String {
    let rest = candidates.count - min(candidates.count, Self.longestList)
    let list =
      candidates.prefix(Self.longestList).joined(separator: ", ")
      + (rest > 0 ? " and \(rest) more" : "")
    guard let asked else {
      return
        "Nothing says which token stands between documents, of which there are several; expected "
        + "a special token of the tokenizer, which has \(list)"
    }
    return "\(asked) is no token of the tokenizer, "
      + (candidates.isEmpty ? "which has no special ones" : "whose special ones are \(list)")
  }

  /// One sentence.
  public var description: String { reason + "." }
}
