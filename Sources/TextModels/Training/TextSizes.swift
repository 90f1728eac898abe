import Glibc

/// The sizes of a tokenizer and of packed data that suit a text and a time: the rule of `train`,
/// before its data are packed (docs/train.md).
package struct TextSizes: Codable, Hashable, Sendable {
  /// The bytes of the text that are read; `nil` for all.
  package var readBytes: Int?
  /// The bytes of the text that the vocabulary is learnt from; `nil` for all that are read.
  package var vocabularyBytes: Int?
  /// The number of tokens of the vocabulary.
  package var vocabularySize: Int
  /// The share of the text that is held out for validation.
  package var validationFraction: Double

  /// The least text from which anything can be learnt.
  package static let leastByteCount = 500
  /// The bytes of text for each token of the vocabulary.
  private static let bytesPerEntry = 600.0
  /// The tokens that training reads for each token of the vocabulary.
  private static let tokensPerEntry = 600.0
  private static let vocabularyTextLimit = 50_000_000
  /// The operations of the fastest model for a token, at the rate it reaches.
  private static let leastOperationsPerToken = 6e6
  private static let largestBytesPerToken = 5.0

  /// The most bytes of text that training in `seconds` can use, twice over.
  package static func usefulByteCount(seconds: Double, operationsPerSecond rate: Double) -> Int {
    let bytes = 2 * largestBytesPerToken * tokens(in: seconds, at: rate)
    return max(1_000_000, Int(min(bytes, 1e15)))
  }

  private static func tokens(in seconds: Double, at rate: Double) -> Double {
    seconds * rate / leastOperationsPerToken
  }

  /// The sizes for a text of `byteCount` bytes, or of at least as many as can be used.
  ///
  /// - Parameters:
  ///   - byteCount: the bytes of text.
  ///   - limit: ``usefulByteCount(seconds:operationsPerSecond:)``.
  ///   - seconds: the time for all.
  ///   - rate: the operations per second of this machine's products of matrices.
  package init(
    byteCount: Int, limit: Int, seconds: Double, operationsPerSecond rate: Double
  ) {
    let bytes = min(byteCount, limit)
    readBytes = byteCount > limit ? limit : nil
    vocabularyBytes = bytes > Self.vocabularyTextLimit ? Self.vocabularyTextLimit : nil
    let wanted = min(
      Double(bytes) / Self.bytesPerEntry, Self.tokens(in: seconds, at: rate) / Self.tokensPerEntry)
    let largest = bytes <= Self.vocabularyTextLimit ? 8192 : bytes <= 500_000_000 ? 16_384 : 32_768
    let least = bytes < 50_000 ? 320 : 512
    vocabularySize = min(max(least, 1 << Int(log2(max(2, wanted)).rounded())), largest)
    validationFraction = bytes < 20_000 ? 0.2 : bytes < 200_000 ? 0.1 : 0.05
  }

  /// The tokens that `byteCount` bytes will about be.
  package func tokenCount(ofBytes byteCount: Int) -> Int {
    let bytesPerToken = 2.1 + 0.43 * max(0, log2(Double(vocabularySize)) - 9)
    return Int(Double(min(byteCount, readBytes ?? .max)) / bytesPerToken)
  }
}
