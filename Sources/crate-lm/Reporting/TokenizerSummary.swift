import CRATELM
import Storage
import Tokenizer

/// The numbers of a tokenizer, to be printed.
struct TokenizerSummary {
  private let tokenizer: any TextTokenizer
  private let fingerprint: Fingerprint

  init(_ tokenizer: any TextTokenizer) {
    self.tokenizer = tokenizer
    fingerprint = Fingerprint(of: tokenizer.serialized())
  }

  /// The members of a JSON object.
  var members: [(key: String, value: JSONValue)] {
    [
      ("type", .string(model.type)),
      ("vocabulary_size", .count(tokenizer.vocabularySize)),
      ("tokens", .count(tokenizer.tokenCount)),
      ("merges", model.mergeCount.map(JSONValue.count) ?? .null),
      ("special_tokens", .array(tokenizer.specialTokens.map(Self.json))),
      ("normalization", .array(tokenizer.normalizer.steps.map { .string($0.name) })),
      ("tokenizer", .string(fingerprint.description)),
      ("icu", .string(ICUVersion.library)),
      ("unicode", .string(ICUVersion.unicode)),
    ]
  }

  /// A line for each part.
  var text: String {
    let steps = tokenizer.normalizer.steps.map(\.name).joined(separator: ", ")
    let merges = model.mergeCount.map { ", \($0) merges" } ?? ""
    var lines = [
      "\(model.type), \(tokenizer.vocabularySize) tokens\(merges)",
      "normalization: \(steps.isEmpty ? "none" : steps)",
    ]
    for token in tokenizer.specialTokens { lines.append("special: \(token.id) \(token.content)") }
    lines.append("fingerprint: \(fingerprint)")
    return lines.joined(separator: "\n")
  }

  private var model: (type: String, mergeCount: Int?) {
    switch tokenizer.model {
    case .byteLevelBPE(let mergeCount): (VocabularyType.bpe.rawValue, mergeCount)
    case .wordPiece: (VocabularyType.wordpiece.rawValue, nil)
    }
  }

  private static func json(_ token: SpecialToken) -> JSONValue {
    .members([("id", .count(Int(token.id))), ("content", .string(token.content))])
  }
}
