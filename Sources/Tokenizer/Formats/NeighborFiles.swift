import Storage
import SystemPackage

/// What the files beside a vocabulary say about it: `tokenizer_config.json`,
/// `special_tokens_map.json` and `added_tokens.json`, as transformers writes them.
struct NeighborFiles {
  /// The members of `tokenizer_config.json`; empty where there is none.
  private var configuration = JSONObject([])
  /// The members of `special_tokens_map.json`; empty where there is none.
  private var map = JSONObject([])
  /// The tokens beside the vocabulary, in the order of their ids.
  private(set) var addedTokens: [AddedToken] = []

  /// The files beside `file`.
  ///
  /// - Throws: `FileError`; `TokenizerError.corrupt` where one is not what its name says.
  init(beside file: FilePath) throws {
    let directory = file.removingLastComponent()
    configuration = try Self.object("tokenizer_config.json", in: directory)
    map = try Self.object("special_tokens_map.json", in: directory)
    let special = Set(
      (map.values + configuration.values + (configuration.lists + map.lists)).compactMap {
        $0.tokenContent.map { Array($0.utf8) }
      })
    let path = directory.appending("added_tokens.json")
    let reader = TokenizerJSON(path: path.string)
    let added = try Self.object("added_tokens.json", in: directory)
    var tokens: [TokenID: AddedToken] = [:]
    for (content, value) in zip(added.keys, added.values) {
      guard let id = reader.tokenID(value), !content.isEmpty else {
        throw reader.corrupt("the token \"\(content)\" has no usable id")
      }
      tokens[id] = AddedToken(
        id: id, content: content, isSpecial: special.contains(Array(content.utf8)))
    }
    // The descriptions in full are of newer files.
    let described = configuration["added_tokens_decoder"]?.object ?? JSONObject([])
    let describing = TokenizerJSON(path: directory.appending("tokenizer_config.json").string)
    for (key, value) in zip(described.keys, described.values) {
      let members = value.object.map { zip($0.keys, $0.values) }
      let description = JSONValue.members(
        (members?.map { (key: $0, value: $1) } ?? [])
          + [("id", Int64(key).map(JSONValue.integer) ?? .null)])
      for token in try describing.addedTokens(.array([description])) { tokens[token.id] = token }
    }
    addedTokens = tokens.values.sorted { $0.id < $1.id }
  }

  /// How BERT's text is normalised; `nil` where the files do not say it.
  var bertNormalizer: BertNormalizer? {
    guard let lowercases = configuration["do_lower_case"]?.bool else { return nil }
    return BertNormalizer(
      separatesChinese: configuration["tokenize_chinese_chars"]?.bool ?? true,
      stripsAccents: configuration["strip_accents"]?.bool, lowercases: lowercases)
  }

  /// The token with the role `name`, such as `eos_token`.
  func role(_ name: String) -> TokenRole {
    let isComplete = configuration["added_tokens_decoder"] != nil
    guard let value = (isComplete ? nil : map[name]) ?? configuration[name] else {
      return .unstated
    }
    return value.tokenContent.map(TokenRole.token) ?? .nothing
  }

  private static func object(_ name: String, in directory: FilePath) throws -> JSONObject {
    let path = directory.appending(name)
    guard FileSystem.kind(of: path) != nil else { return JSONObject([]) }
    let reader = TokenizerJSON(path: path.string)
    return try reader.object(reader.document(FileContents.read(path)), "the file")
  }
}

extension JSONObject {
  /// The elements of all members that are arrays, such as `additional_special_tokens`.
  fileprivate var lists: [JSONValue] { values.compactMap(\.array).flatMap(\.self) }
}

extension JSONValue {
  /// The content of a token written as a string or with its flags.
  fileprivate var tokenContent: String? { string ?? object?["content"]?.string }
}
