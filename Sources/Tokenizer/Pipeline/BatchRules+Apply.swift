import Storage

extension BatchRules {
  /// The tokens of `texts` after these rules: cut, with `prefix` and `suffix` around them, and filled
  /// up.
  ///
  /// What is cut off is left out, whatever ``Truncation/stride``.
  ///
  /// - Parameters:
  ///   - texts: the tokens of each text of a batch.
  ///   - prefix: what is put before the tokens of each text.
  ///   - suffix: what is put behind them.
  ///   - pad: makes the token that texts are filled up with.
  /// - Returns: the tokens of each text.
  /// - Throws: `TokenizerError.invalidBatchRule`.
  public func applied<Token>(
    to texts: [[Token]], prefix: [Token] = [], suffix: [Token] = [], pad: (Padding) -> Token
  ) throws(TokenizerError) -> [[Token]] {
    var batch: [[Token]] = []
    for text in texts {
      let tokens = try truncation?.cut(text, addedCount: prefix.count + suffix.count) ?? text[...]
      batch.append(prefix + tokens + suffix)
    }
    guard let padding else { return batch }
    let length = try padding.length(of: batch.map(\.count))
    return batch.map { padding.fill($0, to: length, with: pad(padding)) }
  }
}

extension Truncation {
  /// What is left of `tokens`, those of one text, so that `addedCount` more have room around them.
  ///
  /// - Throws: `TokenizerError.invalidBatchRule`.
  public func cut<Token>(
    _ tokens: [Token], addedCount: Int = 0
  ) throws(TokenizerError) -> ArraySlice<Token> {
    let room = maximumLength - addedCount
    guard room >= 0 else {
      throw .invalidBatchRule(
        "texts are to be cut to \(maximumLength.counting("token")), fewer than the \(addedCount) "
          + "around each")
    }
    if tokens.count <= room { return tokens[...] }
    guard strategy != .onlySecond || room == 0 else {
      throw .invalidBatchRule("only the second text of a pair is to be cut, and there is no pair")
    }
    return direction == .right ? tokens.prefix(room) : tokens.suffix(room)
  }
}

extension Padding {
  /// The longest text that is filled up, in tokens.
  public static let longest = 1 << 24
  /// The tokens of a batch that is filled up, at most.
  public static let largestBatch = 1 << 26

  /// The length of the texts of a batch, which have `counts` tokens; longer ones stay.
  ///
  /// - Throws: `TokenizerError.invalidBatchRule` where it is more than ``longest``, or the batch would have
  ///   more tokens than ``largestBatch``.
  public func length(of counts: [Int]) throws(TokenizerError) -> Int {
    let length = fixedLength ?? counts.max() ?? 0
    let step = max(multiple ?? 1, 1)
    guard length <= Self.longest, step <= Self.longest else {
      throw .invalidBatchRule(
        "texts are to be filled up to \(max(length, step)) tokens, more than \(Self.longest)")
    }
    let filled = (length + step - 1) / step * step
    guard filled <= Self.largestBatch / max(counts.count, 1) else {
      throw .invalidBatchRule(
        "\(counts.count.counting("text")) are to be filled up to \(filled.counting("token")) "
          + "each, together more than \(Self.largestBatch)")
    }
    return filled
  }

  /// `tokens` with as many `pad` at their side as make `length`.
  public func fill<Token>(_ tokens: [Token], to length: Int, with pad: Token) -> [Token] {
    let added = [Token](repeating: pad, count: max(length - tokens.count, 0))
    return direction == .right ? tokens + added : added + tokens
  }
}

/// The tokens of texts that go through a model together.
public struct BatchEncoding: Equatable, Sendable {
  /// The ids of each text.
  public let ids: [[TokenID]]
  /// For each id, 1 or, where a text was filled up, 0.
  public let attentionMasks: [[Int]]
}

extension TextTokenizer {
  /// The ids of `texts`, which have to be UTF-8, after `rules`, such as ``batching``.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte; `.patternTooCostly`;
  ///   `.invalidBatchRule`.
  public func encode(
    batch texts: [[UInt8]], rules: BatchRules, specialTokens: SpecialTokenHandling = .treatAsText,
    addSpecialTokens: Bool = true
  ) throws(TokenizerError) -> BatchEncoding {
    var encoder = makeEncoder()
    var batch: [[MaskedToken]] = []
    for text in texts {
      var ids: [TokenID] = []
      try encoder.encode(text.span, specialTokens: specialTokens, into: &ids)
      batch.append(ids.map { MaskedToken(id: $0, mask: 1) })
    }
    func around(_ ids: [TokenID]?) -> [MaskedToken] {
      addSpecialTokens ? (ids ?? []).map { MaskedToken(id: $0, mask: 1) } : []
    }
    let tokens = try rules.applied(
      to: batch, prefix: around(postProcessor?.prefix), suffix: around(postProcessor?.suffix)
    ) { MaskedToken(id: $0.token.id, mask: 0) }
    return BatchEncoding(
      ids: tokens.map { $0.map(\.id) }, attentionMasks: tokens.map { $0.map(\.mask) })
  }
}

/// A token and whether it is one of the text.
private struct MaskedToken {
  let id: TokenID
  let mask: Int
}
