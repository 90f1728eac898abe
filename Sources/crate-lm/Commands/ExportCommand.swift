public import ArgumentParser
public import CRATELM
import Storage
import SystemPackage
import Tokenizer

/// A model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model for other programs.",
    discussion: """
      huggingface: a directory that AutoModelForCausalLM or AutoModelForMaskedLM of the transformers \
      library loads with trust_remote_code=True, and AutoTokenizer with it. safetensors: the weights \
      under this program's names, with its config.json. 'crate-lm import' reads both, bit for bit.
      """)

  @OptionGroup var input: ModelPath

  @Option(help: "For whom: huggingface or safetensors.")
  var format: ModelExport.Format

  @Option(name: [.short, .long], help: "The directory to make.")
  var output: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    let loaded = try LoadedModel(input.model, quiet: report.quiet)
    let settings = TokenizerSettings(loaded.tokenizer, model: loaded.model.configuration)
    var files = [(name: TokenizerFile.name, bytes: loaded.tokenizer.serialized())]
    if format == .huggingFace {
      files.append((name: TokenizerSettings.fileName, bytes: settings.serialized))
    }
    try ModelExport(
      loaded.model, tokenizer: loaded.fingerprint, tokenizerFiles: files, roles: settings.ids
    ).write(format, to: FilePath(output))
    guard report.json else { return report.note("\(output) holds the model.") }
    let fields: JSONFields = [
      "output": output, "format": format.rawValue, "parameters": loaded.model.parameterCount,
    ]
    try StandardOutput.print(fields)
  }
}

extension ModelExport.Format: ExpressibleByArgument {}

/// The `tokenizer_config.json` with which the transformers library reads a `tokenizer.json`: which
/// special token plays which part.
struct TokenizerSettings {
  static let fileName = "tokenizer_config.json"

  /// The ids that begin, end and pad a text.
  let ids: ModelExport.SpecialIDs
  private let roles: [(name: String, token: SpecialToken)]
  private let model: ModelConfiguration

  /// The usual spellings of each part, the preferred first.
  private static let spellings: KeyValuePairs<String, [String]> = [
    "bos_token": ["<s>", SpecialToken.endOfText], "eos_token": ["</s>", SpecialToken.endOfText],
    "unk_token": ["[UNK]", "<unk>"], "pad_token": ["[PAD]", "<pad>"],
    "cls_token": ["[CLS]", "<s>"], "sep_token": ["[SEP]", "</s>"],
    "mask_token": ["[MASK]", "<mask>"],
  ]

  init(_ tokenizer: any TextTokenizer, model: ModelConfiguration) {
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
    self.model = model
  }

  /// The file's content.
  var serialized: [UInt8] {
    // What the model's code takes: a decoder has no types of tokens.
    let inputs =
      switch model.objective.attention {
      case .causal: ["input_ids", "attention_mask"]
      case .bidirectional: ["input_ids", "token_type_ids", "attention_mask"]
      }
    var fields: JSONFields = [
      "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": model.contextLength,
      "model_input_names": inputs, "clean_up_tokenization_spaces": false,
    ]
    for (name, token) in roles { fields += [name: token.content] }
    return fields.json.serialized(.pretty) + Array("\n".utf8)
  }
}
