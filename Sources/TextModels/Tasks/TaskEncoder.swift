import CRATELM
import Storage
import Tokenizer

/// Encodes the texts of a task as passages, as lm-evaluation-harness does.
struct TaskEncoder {
  private var encoder: any TextEncoder
  private let scorer: Scorer
  /// The number of tokens at the start of a text that have no score.
  private let unscored: Int
  private let prefix: TokenID?

  /// An encoder of the texts that `scorer` scores with `model`.
  init(_ model: TextModel, scorer: Scorer) {
    encoder = model.tokenizer.makeEncoder()
    self.scorer = scorer
    unscored = model.model.configuration.objective.attention.unpredictedCount
    prefix = model.textBounds.beginning
  }

  /// Whether a prefix token replaces an empty context.
  var readsPrefix: Bool { unscored > 0 }

  /// The passage in which `continuation` is scored after `context`.
  ///
  /// White space at the end of the context moves to the continuation. Both are encoded together and
  /// divided after as many tokens as the context has by itself. A causal model reads its prefix
  /// token instead of an empty context. A context that is too long loses its beginning.
  ///
  /// - Parameters:
  ///   - context: the text that is read only.
  ///   - continuation: the text that is scored.
  ///   - line: the line of both, for errors.
  /// - Returns: the tokens of both, at most as many as the model sees.
  /// - Throws: ``InputError`` if no token can be scored, or more than the model sees;
  ///   `ConfigurationError` if a causal model has no token to begin with.
  mutating func passage(
    context: String, continuation: String, line: TaskLine
  ) throws -> Passage {
    let (context, space) = WhiteSpace.splitEnd(of: context)
    var ids = try encode(context + space + continuation)
    var contextCount = context.isEmpty ? 0 : try encode(context).count
    if context.isEmpty, readsPrefix {
      guard let prefix else {
        throw ConfigurationError(
          """
          No token stands between the texts of the model, after which a text without context could \
          begin; 'data pack --end-of-document TOKEN' packs text for a model that has one.
          """)
      }
      ids.insert(prefix, at: 0)
      contextCount = 1
    }
    let scored = (contextCount..<max(contextCount, ids.count)).filter { scorer.canScore(ids[$0]) }
    guard !scored.isEmpty else {
      throw line.error("expected a text with a token to score, found '\(continuation)'")
    }
    let passage = Passage(ids: ids, scored: scored).suffix(scorer.longestPassage)
    guard passage.scored.count == scored.count, passage.scored.allSatisfy({ $0 >= unscored }) else {
      throw line.error(
        "its text has \(scored.count.counting("token")), more than the context of the model has "
          + "room for")
    }
    return passage
  }

  private mutating func encode(_ text: String) throws(TokenizerError) -> [TokenID] {
    var ids: [TokenID] = []
    try encoder.encode(Array(text.utf8).span, specialTokens: .treatAsText, into: &ids)
    return ids
  }
}
