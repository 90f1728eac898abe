import Storage

extension TokenizerFileReader {
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
      guard let id = description["id"]?.integer, 0 <= id, id < Vocabulary.largestSize else {
        throw corrupt("the added token \"\(content)\" has no usable id")
      }
      guard contents.insert(Array(content.utf8)).inserted else {
        throw corrupt("the added token \"\(content)\" occurs twice")
      }
      func flag(_ key: String, default value: Bool) throws(TokenizerError) -> Bool {
        try optional(description[key], "a truth value", \.bool) ?? value
      }
      tokens.append(
        AddedToken(
          id: TokenID(id), content: content, isSpecial: try flag("special", default: true),
          isSingleWord: try flag("single_word", default: false),
          stripsLeft: try flag("lstrip", default: false),
          stripsRight: try flag("rstrip", default: false),
          isNormalized: try flag("normalized", default: false)))
    }
    return tokens
  }
}
