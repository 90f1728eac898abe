public import ArgumentParser
public import Tokenizer

extension NormalizationForm: ExpressibleByArgument {}

/// The kinds of vocabulary that can be learned.
enum VocabularyType: String, CaseIterable, ExpressibleByArgument {
  /// Byte-level byte pair encoding.
  case bpe
}

/// What vocabulary to learn, on the command line.
struct VocabularyOptions: ParsableArguments {
  @Option(help: "The kind of vocabulary.")
  var type = VocabularyType.bpe

  @Option(
    name: .customLong("vocab-size"), help: "Tokens: special ones, 256 bytes and merges.")
  var size: Int

  @Option(help: "The Unicode normalisation form of text.")
  var normalization = NormalizationForm.nfc

  @Flag(help: "Put text in lower case.")
  var lowercase = false

  @Flag(help: "Take the accents off letters.")
  var stripAccents = false

  @Option(help: "How often a pair has to occur to become a token.")
  var minFrequency = 1

  @Option(
    parsing: .upToNextOption,
    help: """
      Special tokens, which get the first ids; give them after the inputs. \
      (default: \(SpecialToken.endOfText))
      """)
  var special: [String] = []

  func validate() throws {
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency is \(minFrequency); expected at least 0.")
    }
  }

  /// What the options ask for.
  func configuration() -> BytePairTrainer.Options {
    BytePairTrainer.Options(
      vocabularySize: size, minimumFrequency: minFrequency,
      specialTokens: special.isEmpty ? [SpecialToken.endOfText] : special,
      normalizer: Normalizer(
        form: normalization, lowercase: lowercase, stripAccents: stripAccents))
  }
}
