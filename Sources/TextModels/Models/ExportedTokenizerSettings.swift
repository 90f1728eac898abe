import CRATELM
import Storage
import Tokenizer

/// The `tokenizer_config.json` that the transformers library reads beside `tokenizer.json`: the
/// special token of each role.
struct ExportedTokenizerSettings {
  static let fileName = "tokenizer_config.json"

  /// The ids that begin, end and pad a text.
  let ids: ModelExport.SpecialIDs
  private let roles: [(name: String, token: SpecialToken)]
  private let model: ModelConfiguration

  /// The usual spellings of each role, the preferred one first; of a causal model the bounds of its
  /// texts have the first two.
  private static let spellings: KeyValuePairs<String, [String]> = [
    "bos_token": ["<s>", SpecialToken.endOfText], "eos_token": ["</s>", SpecialToken.endOfText],
    "unk_token": ["[UNK]", "<unk>"], "pad_token": ["[PAD]", "<pad>"],
    "cls_token": ["[CLS]", "<s>"], "sep_token": ["[SEP]", "</s>"],
    "mask_token": ["[MASK]", "<mask>"],
  ]

  init(_ tokenizer: any TextTokenizer, model: ModelConfiguration, bounds: TextBounds) {
    let specials = tokenizer.specialTokens
    let isCausal = model.objective.attention == .causal
    let own = ["bos_token": bounds.beginning, "eos_token": bounds.end]
    let roles = Self.spellings.compactMap { role in
      let token =
        if isCausal, let id = own[role.key] {
          // A role would make a special token of one that is a part of text.
          specials.first { $0.id == id }
        } else {
          role.value.lazy.compactMap { content in
            specials.first { $0.content.utf8.elementsEqual(content.utf8) }
          }.first
        }
      return token.map { (name: role.key, token: $0) }
    }
    func id(_ names: String...) -> TokenID? {
      names.lazy.compactMap { name in roles.first { $0.name == name }?.token.id }.first
    }
    let around = TextBounds(
      beginning: id("bos_token", "cls_token"),
      ends: [id("eos_token", "sep_token")].compactMap(\.self))
    ids = ModelExport.SpecialIDs(
      bounds: isCausal ? bounds : around, padding: id("pad_token"))
    self.roles = roles
    self.model = model
  }

  /// The file's content.
  var serialized: [UInt8] {
    // The inputs of the model's code: a decoder takes no token types.
    let inputs =
      switch model.objective.attention {
      case .causal: ["input_ids", "attention_mask"]
      case .bidirectional: ["input_ids", "token_type_ids", "attention_mask"]
      }
    let fields: [(key: String, value: JSONValue)] = [
      ("tokenizer_class", .string("PreTrainedTokenizerFast")),
      ("model_max_length", .integer(Int64(model.contextLength))),
      ("model_input_names", .array(inputs.map(JSONValue.string))),
      ("clean_up_tokenization_spaces", .bool(false)),
    ]
    let tokens = roles.map { (key: $0.name, value: JSONValue.string($0.token.content)) }
    return JSONValue.object(JSONObject(fields + tokens)).serialized(.pretty) + Array("\n".utf8)
  }
}
