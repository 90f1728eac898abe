import CRATELM
import TextModels
import Tokenizer

/// The options of 'pretrain' that suit packed data, for a hint.
struct SuggestedTraining {
  private let objective: Objective
  private let preset: ModelPreset
  private let epochs: Int

  /// Masked if the tokenizer has a mask, with more readings of the text since each hides other
  /// tokens; `tiny` if these read a token at least for each of its parameters, `nano` if not.
  ///
  /// - Throws: `ConfigurationError` for an impossible vocabulary.
  init(for data: TokenData, _ tokenizer: some TextTokenizer) throws(ConfigurationError) {
    let isMasked = (try? MaskingVocabulary(tokenizer)) != nil
    objective = isMasked ? .masked : .causal
    epochs =
      isMasked ? TrainingConfiguration.usefulEpochs(isMasked: true) : 10
    let shape = ModelPreset.tiny.shape(for: objective)
    let tiny = try ModelConfiguration(
      objective: objective, depth: shape.depth, width: shape.width, headCount: shape.headCount,
      contextLength: shape.contextLength, vocabularySize: data.manifest.vocabularySize)
    let read = epochs * data.train.tokenCount
    preset = read < LanguageModel.parameterCount(tiny) ? .nano : .tiny
  }

  /// The options as they are typed.
  var options: String {
    (objective == .masked ? "--objective \(objective.rawValue) " : "")
      + "--preset \(preset.rawValue) --epochs \(epochs)"
  }
}
