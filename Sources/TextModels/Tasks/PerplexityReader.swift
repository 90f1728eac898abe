import CRATELM
import Tokenizer

/// Passes the documents of text files or of packed data to an evaluation.
struct PerplexityReader {
  let tokenizer: any TextTokenizer
  let progress: (ScoringProgress) -> Void
  /// The number of tokens of all documents.
  private(set) var tokenCount = 0
  /// The number of documents; `nil` if the evaluation counts them.
  private(set) var documentCount: Int?

  /// Reads the documents of `source`.
  mutating func read(_ source: DocumentSource, into evaluation: PerplexityEvaluation) throws {
    var encoder = tokenizer.makeEncoder()
    var (words, bytes) = (WordCounter(), 0)
    let all = source.byteCount
    try source.forEachChunk(for: tokenizer) { chunk in
      var ids: [TokenID] = []
      try encoder.encode(chunk.bytes.span, specialTokens: .treatAsText, into: &ids)
      words.add(chunk.bytes)
      bytes += chunk.bytes.count
      expect(ids.count, read: chunk.readByteCount, of: all)
      try evaluation.append(ids)
      guard chunk.isLast else { return }
      try evaluation.endDocument(bytes: bytes, words: words.count)
      (words, bytes) = (WordCounter(), 0)
    }
  }

  /// Reads `split` of `data`, as one stream or document by document.
  ///
  /// A document's bytes are the bytes that its tokens spell, times the split's original bytes per
  /// spelled byte. Its words are counted in the spelled text, if that is exact (byte-level tokens).
  mutating func read(
    _ data: TokenData, _ split: Split, isStream: Bool, into evaluation: PerplexityEvaluation
  ) throws {
    let tokens = data[split]
    let totals = data.manifest[split]
    let share = totals.bytesPerSpelledByte
    let spellings = Spellings(tokenizer, data.spelledBytes)
    if isStream { documentCount = totals.documents }
    let starts = try tokens.documentStarts()
    var words: Int? = spellings.areExact ? 0 : nil
    var bytes = 0.0
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : tokens.tokenCount
      var counter = WordCounter()
      try tokens.forEachPiece(of: start..<end) { piece in
        var ids = piece
        if !isStream, ids.last == data.manifest.endOfDocument { ids.removeLast() }
        for id in ids { bytes += Double(data.spelledBytes[id]) * share }
        if spellings.areExact { spellings.add(ids, to: &counter) }
        expect(ids.count, read: end, of: tokens.tokenCount)
        try evaluation.append(ids)
      }
      words = words.map { $0 + counter.count }
      guard !isStream || index + 1 == starts.count else { continue }
      try evaluation.endDocument(bytes: Int(bytes.rounded()), words: words)
      (words, bytes) = (words.map { _ in 0 }, 0)
    }
  }

  private mutating func expect(_ count: Int, read: Int, of all: Int?) {
    tokenCount += count
    progress(.read(read, of: all))
    progress(.expected(count))
  }
}

/// The text that tokens of packed data spell.
private struct Spellings {
  /// Whether tokens spell text byte for byte.
  let areExact: Bool
  private let bytes: [[UInt8]]

  init(_ tokenizer: any TextTokenizer, _ spelled: SpelledBytes) {
    areExact =
      switch tokenizer.model {
      case .byteLevelBPE: true
      case .bytePair, .wordPiece: false
      }
    bytes = spelled.counts.indices.map {
      spelled.counts[$0] > 0 ? tokenizer.bytes(of: TokenID($0)) ?? [] : []
    }
  }

  /// Counts the words of the text of `ids`, which goes on with a document.
  func add(_ ids: [TokenID], to counter: inout WordCounter) {
    counter.add(ids.flatMap { bytes[Int($0)] })
  }
}

extension TokenSplit {
  private static var pieceTokenCount: Int { 1 << 16 }

  /// Calls `body` with the tokens of `range`, or of the whole split, piece by piece.
  func forEachPiece(of range: Range<Int>? = nil, _ body: ([Int32]) throws -> Void) throws {
    let range = range ?? 0..<tokenCount
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceTokenCount) {
      try body(tokens(start..<min(start + Self.pieceTokenCount, range.upperBound)))
    }
  }
}
