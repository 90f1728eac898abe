public import ArgumentParser
public import Tokenizer

extension NormalizationForm: ExpressibleByArgument {}

/// A kind of vocabulary that can be learned.
enum VocabularyType: String, CaseIterable, ExpressibleByArgument {
  /// Byte-level byte pair encoding.
  case bpe
  /// WordPiece, as BERT has it.
  case wordpiece
}

/// The normalisation of text, on the command line: a Unicode form, or BERT's.
enum NormalizationOption: Equatable, CaseIterable, ExpressibleByArgument {
  case form(NormalizationForm)
  case bert

  static let allCases = NormalizationForm.allCases.map(Self.form) + [.bert]

  var defaultValueDescription: String {
    switch self {
    case .form(let form): form.rawValue
    case .bert: "bert"
    }
  }

  static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }

  init?(argument: String) {
    guard let value = Self.allCases.first(where: { $0.defaultValueDescription == argument }) else {
      return nil
    }
    self = value
  }
}

/// The vocabulary to learn, on the command line.
struct VocabularyOptions: ParsableArguments {
  @Option(
    name: .customLong("vocab-size"),
    number: """
      The number of tokens: special ones, the 256 bytes (bpe) or characters (wordpiece), and merges.
      """)
  var size: Int

  @Option(
    help: """
      The kind of vocabulary: bpe, byte-level byte pair encoding as GPT-2 has it, or wordpiece, as \
      BERT has it, with a mask for masked models.
      """)
  var type = VocabularyType.bpe

  @Option(
    help: """
      The Unicode normalisation form of text, or bert: remove control characters, set ideographs \
      apart. (default: nfc for bpe, bert for wordpiece)
      """)
  var normalization: NormalizationOption?

  @OptionGroup var unicode: UnicodeOptions

  @Flag(help: "Turn text into lower case first.")
  var lowercase = false

  @Flag(help: "Remove the accents of letters first; bert with --lowercase always does.")
  var stripAccents = false

  @Option(number: "The fewest times that a pair of tokens must occur to be merged into one.")
  var minFrequency = 1

  @Option(
    parsing: .upToNextOption,
    help: """
      Special tokens, which get the first ids. Give this option after the inputs. \
      (default: \(SpecialToken.endOfText) for bpe, \
      \(VocabularyText.specialTokens.joined(separator: " ")) for wordpiece)
      """)
  var special: [String] = []

  @Option(
    number: "The number of characters of a wordpiece vocabulary, the most frequent. (default: all)")
  var limitAlphabet: Int?

  func validate() throws {
    try Self.require("min-frequency", minFrequency, from: 0)
    try Self.require("limit-alphabet", limitAlphabet, from: 1)
    if limitAlphabet != nil, type != .wordpiece {
      throw ValidationError("--limit-alphabet is for --type wordpiece.")
    }
    if unicode.unicode != nil, chosenNormalization == .bert {
      throw ValidationError(
        "--unicode is for the Unicode forms; BERT's normalisation is always by Unicode 9.0.")
    }
  }

  /// The trainer that the options ask for.
  func trainer(threads: Int) throws(TokenizerError) -> any VocabularyTrainer {
    switch type {
    case .bpe:
      var options = BytePairTrainer.Options(
        vocabularySize: size, minimumFrequency: minFrequency,
        specialTokens: special.isEmpty ? [SpecialToken.endOfText] : special,
        normalizer: normalizer)
      options.threadCount = threads
      return try BytePairTrainer(options)
    case .wordpiece:
      var options = WordPieceTrainer.Options(
        vocabularySize: size, minimumFrequency: minFrequency,
        specialTokens: special.isEmpty ? VocabularyText.specialTokens : special,
        normalizer: normalizer, alphabetLimit: limitAlphabet)
      options.threadCount = threads
      return try WordPieceTrainer(options)
    }
  }

  private var chosenNormalization: NormalizationOption {
    normalization ?? (type == .bpe ? .form(.nfc) : .bert)
  }

  private var normalizer: Normalizer {
    switch chosenNormalization {
    case .form(let form):
      Normalizer(
        form: form, lowercase: lowercase, stripAccents: stripAccents,
        unicode: unicode.unicode ?? .icu)
    case .bert:
      // `nil` strips accents if text is put into lower case, as BERT's uncased vocabularies do.
      Normalizer(steps: [
        .bert(BertNormalizer(stripsAccents: stripAccents ? true : nil, lowercases: lowercase))
      ])
    }
  }
}
