import CRATELM
import Storage
import Tokenizer

/// The `tokenizer_config.json` with which the transformers library reads a `tokenizer.json`: which
/// special token plays which part.
struct TokenizerSettings {
  static let fileName = "tokenizer_config.json"

  /// The ids that begin, end and pad a text.
  let ids: ModelExport.SpecialIDs
  private let roles: [(name: String, token: SpecialToken)]
  private let contextLength: Int
  private let objective: Objective

  /// The usual spellings of each part, the preferred first.
  private static let spellings: KeyValuePairs<String, [String]> = [
    "bos_token": ["<s>", SpecialToken.endOfText], "eos_token": ["</s>", SpecialToken.endOfText],
    "unk_token": ["[UNK]", "<unk>"], "pad_token": ["[PAD]", "<pad>"],
    "cls_token": ["[CLS]", "<s>"], "sep_token": ["[SEP]", "</s>"],
    "mask_token": ["[MASK]", "<mask>"],
  ]

  init(_ tokenizer: any TextTokenizer, contextLength: Int, objective: Objective) {
    let specials = tokenizer.specialTokens
    let roles = Self.spellings.compactMap { role in
      role.value.lazy.compactMap { content in
        specials.first { $0.content.utf8.elementsEqual(content.utf8) }
      }.first.map { (name: role.key, token: $0) }
    }
    func id(_ names: String...) -> TokenID? {
      names.lazy.compactMap { name in roles.first { $0.name == name }?.token.id }.first
    }
    ids = ModelExport.SpecialIDs(
      beginning: id("bos_token", "cls_token"), end: id("eos_token", "sep_token"),
      padding: id("pad_token"))
    self.roles = roles
    self.contextLength = contextLength
    self.objective = objective
  }

  /// The file's content.
  var serialized: [UInt8] {
    // What the model's code takes: a decoder has no types of tokens.
    let inputs =
      switch objective.attention {
      case .causal: ["input_ids", "attention_mask"]
      case .bidirectional: ["input_ids", "token_type_ids", "attention_mask"]
      }
    return JSONValue.members(
      [
        ("tokenizer_class", .string("PreTrainedTokenizerFast")),
        ("model_max_length", .count(contextLength)),
        ("model_input_names", .array(inputs.map { .string($0) })),
        ("clean_up_tokenization_spaces", .bool(false)),
      ] + roles.map { ($0.name, .string($0.token.content)) }
    ).serialized(.pretty) + Array("\n".utf8)
  }
}
