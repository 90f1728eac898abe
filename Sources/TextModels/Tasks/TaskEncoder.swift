import CRATELM
import Tokenizer

/// Makes passages of the texts of a task, as lm-evaluation-harness tokenises them.
struct TaskEncoder {
  private var encoder: any TextEncoder
  private let scorer: Scorer
  /// The tokens at the start of a text that have no score.
  private let unscored: Int
  private let prefix: TokenID?

  /// An encoder of the texts that `scorer` scores with `model`.
  ///
  /// - Throws: `ConfigurationError` where a causal model's tokenizer has no token to begin with.
  init(_ model: TextModel, scorer: Scorer) throws(ConfigurationError) {
    encoder = model.tokenizer.makeEncoder()
    self.scorer = scorer
    unscored = model.model.configuration.objective.attention.unpredictedCount
    prefix = model.tokenizer.endOfText
    guard !readsPrefix || prefix != nil else {
      throw ConfigurationError(
        """
        The tokenizer has no special token \(SpecialToken.endOfText), </s> or [SEP], after which \
        a text without context begins; train one with '--special'.
        """)
    }
  }

  /// Whether a prefix token stands in for an empty context.
  var readsPrefix: Bool { unscored > 0 }

  /// `continuation`, to be scored after `context`.
  ///
  /// White space at the end of the context belongs to the continuation; both are encoded together
  /// and cut where the tokens of the context alone end. A causal model reads its prefix token
  /// instead of an empty context. Of a long context the beginning is left out.
  ///
  /// - Parameters:
  ///   - context: what is seen.
  ///   - continuation: what is scored.
  ///   - line: where they are from.
  /// - Returns: the tokens of both, at most as many as the model sees.
  /// - Throws: ``InputError`` where there is no token to score, or more than the model sees.
  mutating func passage(
    context: String, continuation: String, line: TaskLine
  ) throws -> Passage {
    let (context, space) = WhiteSpace.splitEnd(of: context)
    var ids = try encode(context + space + continuation)
    var contextCount = context.isEmpty ? 0 : try encode(context).count
    if context.isEmpty, readsPrefix, let prefix {
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
        "its text has \(scored.count) tokens, more than the context of the model has room for")
    }
    return passage
  }

  private mutating func encode(_ text: String) throws(TokenizerError) -> [TokenID] {
    var ids: [TokenID] = []
    try encoder.encode(Array(text.utf8).span, specialTokens: .treatAsText, into: &ids)
    return ids
  }
}
