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
    var places: [[UInt8]: Int] = [:]
    for value in try array(value, "\"added_tokens\"") {
      let token = try addedToken(value)
      if let place = places[Array(token.content.utf8)] {
        guard tokens[place].id == token.id else {
          throw corrupt(
            "the added token \"\(token.content)\" has the ids \(tokens[place].id) and \(token.id)")
        }
        // Of a token that is listed again, the last description counts.
        tokens[place] = token
      } else {
        places[Array(token.content.utf8)] = tokens.count
        tokens.append(token)
      }
    }
    return tokens
  }

  private func addedToken(_ value: JSONValue) throws(TokenizerError) -> AddedToken {
    let description = try object(value, "an added token")
    guard let content = description["content"]?.string, !content.isEmpty else {
      throw corrupt("an added token has no content")
    }
    guard content.utf8.count <= AddedToken.longestContent else {
      throw corrupt(
        "an added token has \(content.utf8.count.counting("byte")), more than "
          + "\(AddedToken.longestContent)")
    }
    guard let id = tokenID(description["id"]) else {
      throw corrupt("the added token \"\(content)\" has no usable id")
    }
    return AddedToken(
      id: id, content: content, isSpecial: try flag(description["special"]) ?? true,
      isSingleWord: try flag(description["single_word"]) ?? false,
      stripsLeft: try flag(description["lstrip"]) ?? false,
      stripsRight: try flag(description["rstrip"]) ?? false,
      isNormalized: try flag(description["normalized"]) ?? false)
  }

  /// The id `value`; `nil` where it is none that a vocabulary can have.
  func tokenID(_ value: JSONValue?) -> TokenID? {
    value?.integer.flatMap { 0..<Int64(Vocabulary.largestSize) ~= $0 ? TokenID($0) : nil }
  }
}
