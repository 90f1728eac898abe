import Storage

extension AddedToken {
  /// The token as an element of `added_tokens`.
  var json: JSONValue {
    .members([
      ("id", .id(id)), ("content", .string(content)), ("single_word", .bool(isSingleWord)),
      ("lstrip", .bool(stripsLeft)), ("rstrip", .bool(stripsRight)),
      ("normalized", .bool(isNormalized)), ("special", .bool(isSpecial)),
    ])
  }
}

extension TokenizerJSON {
  /// The `added_tokens` of a file.
  func addedTokens(_ value: JSONValue?) throws(TokenizerError) -> [AddedToken] {
    guard let value, !value.isNull else { return [] }
    var tokens: [AddedToken] = []
    var contents: Set<[UInt8]> = []
    for value in try array(value, "\"added_tokens\"") {
      let description = try object(value, "an added token")
      guard let content = description["content"]?.string, !content.isEmpty else {
        throw corrupt("an added token has no content")
      }
      guard content.utf8.count <= AddedToken.longestContent else {
        throw corrupt(
          "an added token has \(content.utf8.count) bytes, more than \(AddedToken.longestContent)")
      }
      guard let id = tokenID(description["id"]) else {
        throw corrupt("the added token \"\(content)\" has no usable id")
      }
      guard contents.insert(Array(content.utf8)).inserted else {
        throw corrupt("the added token \"\(content)\" occurs twice")
      }
      tokens.append(
        AddedToken(
          id: id, content: content, isSpecial: try flag(description["special"]) ?? true,
          isSingleWord: try flag(description["single_word"]) ?? false,
          stripsLeft: try flag(description["lstrip"]) ?? false,
          stripsRight: try flag(description["rstrip"]) ?? false,
          isNormalized: try flag(description["normalized"]) ?? false))
    }
    return tokens
  }

  /// The id `value`; `nil` where it is none that a vocabulary can have.
  func tokenID(_ value: JSONValue?) -> TokenID? {
    value?.integer.flatMap { 0..<Int64(Vocabulary.largestSize) ~= $0 ? TokenID($0) : nil }
  }
}
