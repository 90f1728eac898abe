import CRATELM
import Tokenizer

/// The beginning of a text with one word hidden, shown filled during training.
struct MaskedSample {
  private let ids: [TokenID]
  private let place: Int
  private let tokenizer: any TextTokenizer
  private let vocabulary: MaskingVocabulary

  /// The most tokens that are shown.
  private static let longest = 24
  private static let candidateCount = 3

  /// The beginning of the validation split, or of the training split if that is empty; `nil` if it
  /// has no word of one token.
  ///
  /// - Throws: the data's errors.
  init?(
    _ data: TokenData, _ tokenizer: any TextTokenizer, _ vocabulary: MaskingVocabulary,
    contextLength: Int
  ) throws {
    let split = data.validation.tokenCount > 0 ? data.validation : data.train
    let room = contextLength - vocabulary.frame.tokenCount
    ids = try split.tokens(0..<min(Self.longest, room, split.tokenCount))
    let words = ids.indices.dropLast().filter { [ids] place in
      vocabulary.mayHide(ids[place]) && (place == 0 || !vocabulary.continuesWord(ids[place]))
        && !vocabulary.continuesWord(ids[place + 1])
    }
    guard !words.isEmpty else { return nil }
    place = words[words.count / 2]
    self.tokenizer = tokenizer
    self.vocabulary = vocabulary
  }

  /// The sample, filled by `model`.
  func filled(by model: LanguageModel, threads: Int) throws -> TrainingSample {
    let filler = try MaskFiller(model: model, vocabulary: vocabulary, threads: threads)
    var masked = ids
    masked[place] = vocabulary.roles.mask
    let places = try filler.fill(
      masked, count: Self.candidateCount, excluding: tokenizer.unusedIDs)
    return .filled(
      text: String(decoding: try tokenizer.decode(masked), as: UTF8.self),
      guesses: places[0].map {
        TrainingSample.Guess(token: tokenizer.written($0.id), probability: $0.probability)
      },
      truth: tokenizer.written(ids[place]))
  }
}
