/// One of the four normalisation forms of Unicode (UAX 15), or text as it is.
public enum NormalizationForm: String, CaseIterable, Sendable {
  /// Text as it is.
  case none
  /// Canonical composition.
  case nfc
  /// Canonical decomposition.
  case nfd
  /// Compatibility composition.
  case nfkc
  /// Compatibility decomposition.
  case nfkd
}

/// What is done to text before it is split: some steps, one after the other.
///
/// The forms and the removal of accents are for the characters of one version of Unicode; later
/// ones are left alone, as in a library of that version. So a tokenizer gives the same ids with
/// every ICU that knows at least its version.
public struct Normalizer: Equatable, Sendable {
  /// A step.
  public enum Step: Hashable, Sendable {
    /// Canonical composition.
    case nfc
    /// Canonical decomposition.
    case nfd
    /// Compatibility composition.
    case nfkc
    /// Compatibility decomposition.
    case nfkd
    /// The lower case of every scalar, whatever stands around it.
    case lowercase
    /// Every mark (general categories Mn, Mc and Me) left out.
    case stripAccents
    /// What BERT does to text.
    case bert(BertNormalizer)
    /// Controls taken out and odd white space made plain, as sentencepiece does for translation.
    case nmt
    /// White space taken off the ends.
    case strip(left: Bool, right: Bool)
    /// These bytes, of UTF-8, before a text that is not empty.
    case prepend([UInt8])
    /// The matches of a pattern replaced.
    case replace(Replacement)
    /// Every byte as the character that stands for it in byte-level vocabularies.
    case byteLevel
  }

  /// The steps, in order.
  public let steps: [Step]
  /// The version of Unicode whose characters the steps are for; of no effect where none looks at
  /// it, as lower case and what BERT does, which is always that of ``UnicodeVersion/tokenizers``.
  public let unicode: UnicodeVersion
  /// The version of the ICU with which the tokenizer was made; `nil` where its file does not say.
  public let icu: String?

  /// A normaliser that applies `steps` in order.
  ///
  /// - Parameters:
  ///   - steps: what is done.
  ///   - unicode: the version of Unicode whose characters it is done to.
  ///   - icu: the version of the ICU with which the tokenizer was made, for its file.
  public init(
    steps: [Step], unicode: UnicodeVersion = .icu, icu: String? = ICUVersion.library
  ) {
    self.steps = steps
    self.unicode = steps.contains(where: \.dependsOnUnicode) ? unicode : .tokenizers
    self.icu = steps.contains(where: \.usesICU) ? icu : nil
  }

  /// The steps for text in `form`, in lower case and without accents if so asked.
  ///
  /// Accents are taken off decomposed text, which is composed again unless `form` is a
  /// decomposition; with `.none` that gives NFC.
  public init(
    form: NormalizationForm, lowercase: Bool = false, stripAccents: Bool = false,
    unicode: UnicodeVersion = .icu
  ) {
    let isCompatible = form == .nfkc || form == .nfkd
    let isDecomposed = form == .nfd || form == .nfkd
    let composition: Step = isCompatible ? .nfkc : .nfc
    let decomposition: Step = isCompatible ? .nfkd : .nfd
    var steps = form == .none ? [] : [composition]
    if stripAccents || isDecomposed { steps = [decomposition] }
    if lowercase { steps.append(.lowercase) }
    if stripAccents {
      steps.append(.stripAccents)
      if !isDecomposed { steps.append(composition) }
    }
    self.init(steps: steps, unicode: unicode)
  }

  /// The same steps for the characters of another version of Unicode.
  public func with(_ unicode: UnicodeVersion) -> Normalizer {
    Normalizer(steps: steps, unicode: unicode)
  }

  /// The passes over a text that the steps are.
  var passes: [NormalizationPass] { steps.flatMap { $0.passes(unicode) } }

  /// `text`, which has to be UTF-8, after all steps.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte; `.patternTooCostly`.
  public func normalize(_ text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    try UTF8Scan.validate(text.span)
    return try normalized(text.span)
  }

  /// Whether the steps leave `text`, which has to be UTF-8, as it is.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte.
  public func isNormal(_ text: [UInt8]) throws(TokenizerError) -> Bool {
    try UTF8Scan.validate(text.span)
    for pass in passes where try !pass.isNormal(text.span) { return false }
    return true
  }

  /// `text`, known to be UTF-8, after all steps.
  func normalized(_ text: Span<UInt8>) throws(TokenizerError) -> [UInt8] {
    var buffer = NormalizationBuffer(self)
    return try buffer.withNormalized(text) { Array(copying: $0) }
  }

  /// As ``normalized(_:)``, with the way back to the places in `text`.
  func aligned(
    _ text: Span<UInt8>
  ) throws(TokenizerError) -> (text: [UInt8], alignment: Alignment) {
    var (current, alignment) = (Array(copying: text), Alignment())
    for pass in passes {
      var output = NormalizedText(capacity: current.count)
      try pass.apply(to: current.span, into: &output)
      current = output.bytes
      alignment.stages.append(output.runs)
    }
    return (current, alignment)
  }
}
