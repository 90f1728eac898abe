import Storage
import TextModels
import Tokenizer

/// The tokens of texts as `tokenizer encode` prints them.
struct PrintedTokens {
  private let tokenizer: any TextTokenizer
  private let rules: BatchRules
  private let specialTokens: SpecialTokenHandling
  /// What is put around every text.
  private let (prefix, suffix): ([TokenID], [TokenID])
  private var encoder: any TextEncoder
  private var (textCount, cutCount) = (0, 0)

  /// Texts by `tokenizer` and `rules`, with the tokens of `processor` around each.
  init(
    _ tokenizer: any TextTokenizer, _ rules: BatchRules, specialTokens: SpecialTokenHandling,
    around processor: PostProcessor?
  ) {
    self.tokenizer = tokenizer
    self.rules = rules
    self.specialTokens = specialTokens
    (prefix, suffix) = (processor?.prefix ?? [], processor?.suffix ?? [])
    encoder = tokenizer.makeEncoder()
  }

  /// The ids of each of `texts`.
  mutating func ids(_ texts: ArraySlice<ArraySlice<UInt8>>) throws -> [[TokenID]] {
    let tokens = try texts.map { text in
      var ids: [TokenID] = []
      try encoder.encode(text.span, specialTokens: specialTokens, into: &ids)
      count(ids.count)
      return ids
    }
    return try rules.applied(to: tokens, prefix: prefix, suffix: suffix) { $0.token.id }
  }

  /// The ids, tokens and places of each of `texts`.
  mutating func fields(_ texts: [ArraySlice<UInt8>]) throws -> [JSONFields] {
    let tokens = try texts.map { text in
      let tokens = try encoder.encodeWithOffsets(text.span, specialTokens: specialTokens)
      count(tokens.count)
      return tokens.map { Token(id: $0.id, offsets: [$0.range.lowerBound, $0.range.upperBound]) }
    }
    let batch = try rules.applied(
      to: tokens, prefix: prefix.map { Token(id: $0) }, suffix: suffix.map { Token(id: $0) }
    ) { Token(id: $0.token.id, spelling: $0.token.content, mask: 0) }
    return batch.map { tokens in
      let fields: JSONFields = [
        "ids": tokens.map(\.id),
        "tokens": tokens.map { $0.spelling ?? tokenizer.spelling(of: $0.id) ?? "" },
        "offsets": tokens.map(\.offsets),
      ]
      return fields + (rules.padding == nil ? [:] : ["attention_mask": tokens.map(\.mask)])
    }
  }

  private mutating func count(_ tokenCount: Int) {
    textCount += 1
    guard let truncation = rules.truncation else { return }
    if tokenCount + prefix.count + suffix.count > truncation.maximumLength { cutCount += 1 }
  }

  /// Says how many texts were cut.
  func noteCuts(_ notes: NoteOptions) {
    guard let truncation = rules.truncation, cutCount > 0 else { return }
    let parts = truncation.stride > 0 ? ", parts with a stride of \(truncation.stride) too" : ""
    let cut =
      textCount == 1
      ? "The text was" : "\(cutCount) of \(textCount) texts \(cutCount == 1 ? "was" : "were")"
    notes.note(
      "\(cut) cut to \(truncation.maximumLength.counting("token")); what was "
        + "cut off is left out\(parts).")
  }

  /// A token with its place in a text; without one if it was put there.
  private struct Token {
    let id: TokenID
    var offsets = [0, 0]
    var spelling: String?
    var mask = 1
  }
}
