import CRATELM
import Parallel
public import Tokenizer

/// A candidate for a mask.
public struct FilledMask: Hashable, Sendable {
  /// The token.
  public let id: TokenID
  /// Its probability among all ids.
  public let probability: Double
  /// The whole text with this token; every other mask has its own most probable token.
  public let text: String
}

extension TextModel {
  /// The most probable tokens for the masks of `text`, which are written `[MASK]` or `<mask>`.
  ///
  /// - Parameters:
  ///   - text: the text with its masks.
  ///   - count: the number of tokens for each mask.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the tokens of every mask in order, the most probable first.
  /// - Throws: `ConfigurationError` for a causal model, a text without a mask, or a text longer than
  ///   the context; `OutOfMemory`.
  public func fillMasks(
    of text: String, count: Int, threads: Int? = nil
  ) throws -> [[FilledMask]] {
    try model.configuration.require(.masked)
    let vocabulary = try MaskingVocabulary(tokenizer)
    let masked = try MaskedText(text, tokenizer: tokenizer)
    let filler = try MaskFiller(
      model: model, vocabulary: vocabulary, threads: Workers.count(threads))
    let places = try filler.fill(
      masked.ids(mask: vocabulary.roles.mask), count: count, excluding: unusedIDs)
    let best = places.map { $0[0].id }
    return places.enumerated().map { place, candidates in
      candidates.map { candidate in
        var tokens = best
        tokens[place] = candidate.id
        return FilledMask(
          id: candidate.id, probability: candidate.probability, text: masked.filled(with: tokens))
      }
    }
  }
}
