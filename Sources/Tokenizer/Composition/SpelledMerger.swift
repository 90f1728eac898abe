/// Byte pair encoding by how a file spells tokens: on characters, with what the file asks for where
/// they have no token.
struct SpelledMerger: PieceModel {
  private let vocabulary: Vocabulary
  private let merges: MergeTable
  private let rules: BytePairRules
  private let unknownID: TokenID?
  /// With the rule for it, the tokens of the bytes.
  private let byteIDs: [TokenID?]
  /// The tokens of the piece so far, and the bytes of each.
  private var ids: [TokenID] = []
  private var lengths: [Int] = []
  private var long = PairHeap()
  private var key: [UInt8] = []

  init(_ vocabulary: Vocabulary, _ merges: MergeTable, _ rules: BytePairRules) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.rules = rules
    unknownID = rules.unknownToken.flatMap(vocabulary.id)
    byteIDs = rules.fallsBackToBytes ? ByteFallback.spellings.map(vocabulary.id) : []
  }

  mutating func tokens(of piece: Span<UInt8>) -> [TokenID] { located(piece).map(\.id) }

  /// The tokens of `piece`, not empty, and how many of its bytes each is said to stand for.
  mutating func located(_ piece: Span<UInt8>) -> [(id: TokenID, length: Int)] {
    if rules.ignoresMerges, let id = vocabulary.id(of: piece) { return [(id, piece.count)] }
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    appendCharacters(of: piece)
    long.merge(&ids, by: merges)
    var tokens: [(id: TokenID, length: Int)] = []
    for (id, length) in zip(ids, lengths) {
      if id >= 0 {
        tokens.append((id, length))
      } else {
        tokens[tokens.count - 1].length += length
      }
    }
    return tokens
  }

  /// Appends the tokens of the characters of `piece`.
  ///
  /// As in the library, an unknown token is put when the next known one comes or at the end, so
  /// that bytes go before it.
  private mutating func appendCharacters(of piece: Span<UInt8>) {
    var unknownLength: Int?
    func putUnknown(_ merger: inout SpelledMerger) {
      if let length = unknownLength, let id = merger.unknownID { merger.append(id, length) }
      unknownLength = nil
    }
    var position = 0
    while position < piece.count {
      let length = UTF8Scan.scalar(in: piece, at: position).length
      spell(piece.extracting(position..<position + length), at: position, of: piece.count)
      position += length
      if let id = vocabulary.id(of: key.span) {
        putUnknown(&self)
        append(id, length)
      } else if !appendBytes(), unknownID != nil {
        if rules.fusesUnknown, let before = unknownLength {
          unknownLength = before + length
        } else {
          putUnknown(&self)
          unknownLength = length
        }
      }
    }
    putUnknown(&self)
  }

  /// Makes ``key`` the spelling of the character at `position` of a piece.
  private mutating func spell(_ character: Span<UInt8>, at position: Int, of count: Int) {
    key.removeAll(keepingCapacity: true)
    if position > 0 { key += rules.continuationPrefix }
    key.append(copying: character)
    if position + character.count == count { key += rules.wordSuffix }
  }

  /// Appends the tokens of the bytes of ``key`` if all have one; says whether they have.
  private mutating func appendBytes() -> Bool {
    guard rules.fallsBackToBytes else { return false }
    let tokens = key.compactMap { byteIDs[Int($0)] }
    guard tokens.count == key.count else { return false }
    for id in tokens { append(id, 1) }
    return true
  }

  private mutating func append(_ id: TokenID, _ length: Int) {
    ids.append(id)
    lengths.append(length)
  }
}
