/// Learns a vocabulary from documents, which come in parts cut anywhere.
public protocol VocabularyTrainer {
  /// What is learned.
  associatedtype Result: TextTokenizer

  /// The number of distinct words seen so far.
  var distinctWordCount: Int { get }

  /// Takes the next part of the current document, cut anywhere.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  mutating func append(_ chunk: Span<UInt8>) throws(TokenizerError)

  /// Ends the current document, so that no word goes on in the next.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` with the offset in the document.
  mutating func finishDocument() throws(TokenizerError)

  /// Learns the vocabulary of all text so far.
  ///
  /// - Throws: `TokenizerError`.
  consuming func train(progress: (TrainingProgress) -> Void) throws(TokenizerError) -> Result
}

/// How far training is.
public enum TrainingProgress: Sendable {
  /// The pairs of all distinct words were counted.
  case counted(distinctWords: Int)
  /// `merges` of at most `limit` merges were found.
  case merged(_ merges: Int, limit: Int)
}
