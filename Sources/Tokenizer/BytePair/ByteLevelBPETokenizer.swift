/// Byte-level byte pair encoding, as GPT-2 has it: every text has tokens, none is unknown.
public struct ByteLevelBPETokenizer: TextTokenizer, FindingTokenizer {
  let pipeline: TokenizerPipeline
  /// The merges in the order of their ranks.
  public let merges: [Merge]
  /// How it is known by which pattern text is split.
  public let splitSource: SplitSource
  /// What the file says beside the merges; of no effect on text, but for one.
  let rules: BytePairRules

  private let mergeTable: MergeTable
  private let byteIDs: [TokenID]
  let finder: PieceSplitter
  /// Ids of added tokens by how they are written.
  private let addedIDs: [[UInt8]: TokenID]
  /// How added tokens are written, by id.
  private let addedContents: [TokenID: String]
  /// With ``ignoresMerges``, the tokens that merges do not make of their bytes.
  private var unreachableIDs: [[UInt8]: TokenID] = [:]

  /// A tokenizer of these parts; `path` is for error messages.
  init(
    _ pipeline: TokenizerPipeline, merges: [Merge], pattern: SplitPattern = .gpt2,
    splitSource: SplitSource = .stated, rules: BytePairRules = BytePairRules(), path: String
  ) throws(TokenizerError) {
    let vocabulary = pipeline.vocabulary
    guard let byteIDs = vocabulary.byteIDs else {
      let byte = (UInt8.min...UInt8.max).first { vocabulary.id(of: [$0]) == nil } ?? 0
      throw .corrupt(path: path, reason: "the vocabulary has no token for the byte \(byte)")
    }
    var table = MergeTable(capacity: merges.count)
    for (rank, merge) in merges.enumerated() where !table.insert(merge, rank: rank) {
      throw .corrupt(path: path, reason: "merge \(rank) has the tokens of an earlier one")
    }
    self.pipeline = pipeline
    self.merges = merges
    self.rules = rules
    self.splitSource = splitSource
    self.byteIDs = byteIDs
    mergeTable = table
    finder = PieceSplitter(pattern)
    let added = pipeline.addedTokens
    addedIDs = Dictionary(added.map { (Array($0.content.utf8), $0.id) }) { first, _ in first }
    addedContents = Dictionary(added.map { ($0.id, $0.content) }) { first, _ in first }
    if ignoresMerges { findUnreachable() }
  }

  /// Finds the tokens that merges do not make of their bytes though these can be a piece.
  private mutating func findUnreachable() {
    let vocabulary = pipeline.vocabulary
    var merger = PieceMerger(merges: mergeTable, byteIDs: byteIDs)
    for id in 0..<TokenID(vocabularySize) {
      guard let bytes = vocabulary.bytes(of: id), vocabulary.id(of: bytes) == id else { continue }
      if merger.tokens(of: bytes.span) == [id] { continue }
      // Bytes that are not UTF-8 are never a piece.
      guard (try? UTF8Scan.validate(bytes.span)) != nil else { continue }
      var bounds = PieceBounds()
      _ = finder.find(in: bytes.span, from: 0, &bounds)
      if bounds.range(0).count == bytes.count { unreachableIDs[bytes] = id }
    }
  }

  /// Whether a piece that is a token becomes that token whatever the merges make of it.
  public var ignoresMerges: Bool { rules.ignoresMerges }

  func makeModel() -> PieceMerger {
    PieceMerger(merges: mergeTable, byteIDs: byteIDs, unreachable: unreachableIDs)
  }

  /// How text is split before merging.
  public var pattern: SplitPattern { finder.pattern }

  /// Byte-level byte pair encoding.
  public var model: TokenizerModel { .byteLevelBPE(mergeCount: merges.count) }

  /// How files write the token `id`, such as "Ġthe"; `nil` where no token has that id.
  public func spelling(of id: TokenID) -> String? {
    addedContents[id] ?? bytes(of: id).map(ByteAlphabet.text)
  }

  /// The bytes that the token `id` adds to decoded text; an added token adds itself, normalised if it
  /// is found in normalised text, also where its letters would stand for bytes in a merged one.
  public func text(of id: TokenID, isFirst: Bool) -> [UInt8]? {
    pipeline.normalizedContents[id].map { Text.bytes(spelledBy: [$0]) }
      ?? addedContents[id].map { Array($0.utf8) } ?? bytes(of: id)
  }

  /// The id of the token that stands for exactly `bytes`, added tokens first.
  public func id(of bytes: [UInt8]) -> TokenID? {
    addedIDs[bytes] ?? pipeline.vocabulary.id(of: bytes)
  }

}

extension Vocabulary {
  /// The tokens of all bytes; `nil` where one has none.
  var byteIDs: [TokenID]? {
    let ids = (UInt8.min...UInt8.max).compactMap { id(of: [$0]) }
    return ids.count == 256 ? ids : nil
  }
}
