import Storage

extension TokenizerJSON {
  /// A token of a vocabulary.
  struct Entry {
    let text: String
    let id: Int64
  }

  /// The tokens of the member `vocab`, whose ids have to be those of the added tokens.
  func entries(
    _ value: JSONValue?, _ addedTokens: [AddedToken]
  ) throws(TokenizerError) -> [Entry] {
    let object = try object(value, "\"vocab\"")
    var addedIDs: [[UInt8]: TokenID] = [:]
    for token in addedTokens { addedIDs[Array(token.content.utf8)] = token.id }
    var entries: [Entry] = []
    entries.reserveCapacity(object.count)
    for (text, value) in zip(object.keys, object.values) {
      let id = try id(of: text, value)
      if let addedID = addedIDs[Array(text.utf8)], Int64(addedID) != id {
        throw corrupt("the token \"\(text)\" has the ids \(id) and \(addedID)")
      }
      entries.append(Entry(text: text, id: id))
    }
    return entries
  }

  /// The id `value` of the token `text`.
  func id(of text: String, _ value: JSONValue) throws(TokenizerError) -> Int64 {
    guard let id = value.integer else {
      throw corrupt("the id of the token \"\(text)\" is \(value.kind)")
    }
    return id
  }

  func insert(
    _ bytes: [UInt8], _ text: String, _ id: Int64, isFindable: Bool = true,
    into vocabulary: inout Vocabulary
  ) throws(TokenizerError) {
    do {
      try vocabulary.insert(bytes, id: id, isFindable: isFindable)
    } catch {
      switch error {
      case .empty: throw corrupt("a token is empty")
      case .bytesTaken: throw corrupt("the token \"\(text)\" occurs twice")
      case .idTaken: throw corrupt("two tokens have the id \(id)")
      case .idOutOfRange:
        let last = Vocabulary.largestSize - 1
        throw corrupt("the id \(id) of the token \"\(text)\" is not between 0 and \(last)")
      }
    }
  }
}
