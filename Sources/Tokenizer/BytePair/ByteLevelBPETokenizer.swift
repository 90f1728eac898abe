/// Byte-level byte pair encoding, as GPT-2 has it: every text has tokens, none is unknown.
public struct ByteLevelBPETokenizer: TextTokenizer {
  /// What is done to text before it is split.
  public let normalizer: Normalizer
  /// The tokens that are found in text before pieces are, in the order of their ids.
  public let addedTokens: [AddedToken]
  /// The special ones of ``addedTokens``.
  public let specialTokens: [SpecialToken]
  /// What is put around a text where that is asked for.
  public let postProcessor: PostProcessor?
  /// The merges in the order of their ranks.
  public let merges: [Merge]

  let vocabulary: Vocabulary
  let mergeTable: MergeTable
  let byteIDs: [TokenID]
  let splitter: PieceSplitter
  /// Finds the added tokens in text as it is.
  let rawMatcher: AddedTokenMatcher
  /// Finds the added tokens in normalised text.
  let normalizedMatcher: AddedTokenMatcher
  /// The added tokens that the file has beside its vocabulary, not in it.
  let idsOutsideVocabulary: Set<TokenID>
  /// Ids of added tokens by how they are written.
  private let addedIDs: [[UInt8]: TokenID]
  /// How added tokens are written, by id.
  private let addedContents: [TokenID: String]
  /// Whether a piece that is a token becomes that token whatever the merges make of it.
  public let ignoresMerges: Bool
  /// With ``ignoresMerges``, the tokens that merges do not make of their bytes.
  private let unreachableIDs: [[UInt8]: TokenID]

  /// Why parts do not make a tokenizer; a clause.
  struct Flaw: Error {
    let reason: String
  }

  /// A tokenizer of these parts, the added tokens being in `vocabulary` as well.
  init(
    vocabulary: Vocabulary, merges: [Merge], addedTokens: [AddedToken],
    idsOutsideVocabulary: Set<TokenID> = [], normalizer: Normalizer,
    postProcessor: PostProcessor? = nil, pattern: SplitPattern = .gpt2, ignoresMerges: Bool = false
  ) throws(Flaw) {
    guard let byteIDs = Self.byteIDs(of: vocabulary) else {
      let byte = (UInt8.min...UInt8.max).first { vocabulary.id(of: [$0]) == nil } ?? 0
      throw Flaw(reason: "the vocabulary has no token for the byte \(byte)")
    }
    let (table, duplicate) = MergeTable.make(merges)
    if let duplicate {
      throw Flaw(reason: "merge \(duplicate) has the tokens of an earlier one")
    }
    self.vocabulary = vocabulary
    self.merges = merges
    self.addedTokens = addedTokens.sorted { $0.id < $1.id }
    self.idsOutsideVocabulary = idsOutsideVocabulary
    specialTokens = self.addedTokens.filter(\.isSpecial).map {
      SpecialToken(id: $0.id, content: $0.content)
    }
    addedIDs = Dictionary(addedTokens.map { (Array($0.content.utf8), $0.id) }) { first, _ in first }
    addedContents = Dictionary(addedTokens.map { ($0.id, $0.content) }) { first, _ in first }
    self.normalizer = normalizer
    self.postProcessor = postProcessor
    self.byteIDs = byteIDs
    mergeTable = table
    splitter = PieceSplitter(pattern)
    self.ignoresMerges = ignoresMerges
    unreachableIDs =
      ignoresMerges
      ? Self.unreachableIDs(vocabulary, PieceMerger(merges: table, byteIDs: byteIDs), splitter)
      : [:]
    rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
    normalizedMatcher = AddedTokenMatcher(
      addedTokens.filter(\.isNormalized), normalizer: normalizer)
  }

  /// The tokens of all bytes; `nil` where one has none.
  static func byteIDs(of vocabulary: Vocabulary) -> [TokenID]? {
    let ids = (UInt8.min...UInt8.max).compactMap { vocabulary.id(of: [$0]) }
    return ids.count == 256 ? ids : nil
  }

  /// The tokens that merges do not make of their bytes though these can be a piece.
  private static func unreachableIDs(
    _ vocabulary: Vocabulary, _ merger: PieceMerger, _ splitter: PieceSplitter
  ) -> [[UInt8]: TokenID] {
    var merger = merger
    var unreachable: [[UInt8]: TokenID] = [:]
    for id in 0..<TokenID(vocabulary.size) {
      guard let bytes = vocabulary.bytes(of: id), vocabulary.id(of: bytes) == id else { continue }
      merger.merge(bytes.span, bytes.indices)
      if merger.ids == [id] { continue }
      // Bytes that are not UTF-8 are never a piece.
      guard (try? UTF8Scan.validate(bytes.span)) != nil else { continue }
      var bounds = PieceBounds()
      splitter.find(in: bytes.span, from: 0, &bounds)
      if bounds.range(0).count == bytes.count { unreachable[bytes] = id }
    }
    return unreachable
  }

  /// Whether merges alone give the tokens of every piece.
  var mergesAlone: Bool { unreachableIDs.isEmpty }

  /// The token that the piece `bytes` is though merges would not give it.
  func unreachable(_ bytes: [UInt8]) -> TokenID? {
    unreachableIDs.isEmpty ? nil : unreachableIDs[bytes]
  }

  /// How text is split before merging.
  public var pattern: SplitPattern { splitter.pattern }

  /// Byte-level byte pair encoding.
  public var model: TokenizerModel { .byteLevelBPE(mergeCount: merges.count) }

  /// The largest id plus one.
  public var vocabularySize: Int { vocabulary.size }

  /// The number of tokens; less than ``vocabularySize`` where ids have gaps.
  public var tokenCount: Int { vocabulary.count }

  /// The bytes that the token `id` stands for; `nil` where no token has that id.
  public func bytes(of id: TokenID) -> [UInt8]? { vocabulary.bytes(of: id) }

  /// How files write the token `id`, such as "Ġthe"; `nil` where no token has that id.
  public func spelling(of id: TokenID) -> String? {
    addedContents[id] ?? bytes(of: id).map(ByteAlphabet.text)
  }

  /// The id of the token that stands for exactly `bytes`, added tokens first.
  public func id(of bytes: [UInt8]) -> TokenID? {
    addedIDs[bytes] ?? vocabulary.id(of: bytes)
  }

  /// Whether `id` is one of ``addedTokens``.
  func isAdded(_ id: TokenID) -> Bool { addedContents[id] != nil }

  /// An encoder for one thread.
  public func makeEncoder() -> any TextEncoder { BytePairEncoder(self) }

  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  public func serialized() -> [UInt8] { TokenizerFile.serialize(self) }
}
