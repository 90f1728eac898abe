import CRATELM
public import Tokenizer

/// A tokenizer and the text that it was learned from.
public struct LearnedTokenizer: Sendable {
  /// The tokenizer.
  public let tokenizer: any TextTokenizer
  /// The number of documents.
  public let documents: Int
  /// The bytes of their text.
  public let bytes: Int
  /// The number of distinct words of the text.
  public let distinctWords: Int
}

/// The progress of training a tokenizer.
public enum VocabularyProgress: Sendable {
  /// The number of bytes of the files read so far, whose words are counted.
  case read(byteCount: Int)
  /// The number of merges found so far, of at most `limit`.
  case merged(_ merges: Int, limit: Int)
}

extension VocabularyTrainer {
  /// Learns a vocabulary from the documents of `source`.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - progress: called as training proceeds.
  /// - Returns: the tokenizer and the size of its text.
  /// - Throws: ``InputError`` and `FileError` for the text, `DataError.noText`, `TokenizerError`.
  public consuming func train(
    on source: DocumentSource, progress: (VocabularyProgress) -> Void = { _ in }
  ) throws -> LearnedTokenizer {
    var (documents, bytes, words) = (0, 0, 0)
    var trainer = self
    var isEmpty = true
    try source.forEachChunk { chunk in
      try trainer.append(chunk.bytes.span)
      bytes += chunk.bytes.count
      isEmpty = isEmpty && chunk.bytes.isEmpty
      if chunk.isLast {
        try trainer.finishDocument()
        if !isEmpty { documents += 1 }
        isEmpty = true
      }
      progress(.read(byteCount: chunk.readByteCount))
    }
    guard bytes > 0 else { throw DataError.noText }
    let tokenizer = try trainer.train { step in
      switch step {
      case .counted(let distinctWords): words = distinctWords
      case .merged(let merges, let limit): progress(.merged(merges, limit: limit))
      }
    }
    return LearnedTokenizer(
      tokenizer: tokenizer, documents: documents, bytes: bytes, distinctWords: words)
  }
}
