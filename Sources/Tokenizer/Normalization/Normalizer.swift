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
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte.
  public func normalize(_ text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    try UTF8Scan.validate(text.span)
    return normalized(text.span)
  }

  /// Whether the steps leave `text`, which has to be UTF-8, as it is.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte.
  public func isNormal(_ text: [UInt8]) throws(TokenizerError) -> Bool {
    try UTF8Scan.validate(text.span)
    for pass in passes where !pass.isNormal(text.span) { return false }
    return true
  }

  /// `text`, known to be UTF-8, after all steps.
  func normalized(_ text: Span<UInt8>) -> [UInt8] {
    var buffer = NormalizationBuffer(self)
    return buffer.withNormalized(text) { Array(copying: $0) }
  }

  /// As ``normalized(_:)``, with the way back to the places in `text`.
  func aligned(_ text: Span<UInt8>) -> (text: [UInt8], alignment: Alignment) {
    var (current, alignment) = (Array(copying: text), Alignment())
    for pass in passes {
      var output = NormalizedText(capacity: current.count)
      pass.apply(to: current.span, into: &output)
      current = output.bytes
      alignment.stages.append(output.runs)
    }
    return (current, alignment)
  }
}

/// One pass over a text: most steps are one, some are several.
enum NormalizationPass: Sendable {
  case form(ICUNormalizer)
  case lowercase
  case strip(ScalarTable<Bool>)
  case bertCleaning(BertCleaning)
  case bertFolding(BertFolding)

  /// Appends `text`, known to be UTF-8, after this pass to `output`.
  func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    switch self {
    case .form(let normalizer): normalizer.normalize(text, into: &output)
    case .lowercase: CaseMapping.lowercase(text, into: &output)
    case .strip(let marks): CaseMapping.strip(marks, from: text, into: &output)
    case .bertCleaning(let cleaning): cleaning.apply(to: text, into: &output)
    case .bertFolding(let folding): folding.apply(to: text, into: &output)
    }
  }

  /// Whether this pass leaves `text`, known to be UTF-8, as it is.
  func isNormal(_ text: Span<UInt8>) -> Bool {
    var output = NormalizedText(capacity: text.count, recordsRuns: false)
    apply(to: text, into: &output)
    return ByteHash.areEqual(output.bytes.span, text)
  }

  /// Whether text before `scalar` becomes the same as if nothing followed, and the other way
  /// round.
  func hasBoundary(before scalar: UInt32) -> Bool {
    switch self {
    case .form(let normalizer): normalizer.hasBoundary(before: scalar)
    case .bertFolding(let folding): folding.hasBoundary(before: scalar)
    case .lowercase, .strip, .bertCleaning: true
    }
  }
}

extension Normalizer.Step {
  /// The steps without parameters, by their names in the `normalizer` of a `tokenizer.json`.
  private static let named: [(name: String, step: Self)] = [
    ("NFC", .nfc), ("NFD", .nfd), ("NFKC", .nfkc), ("NFKD", .nfkd), ("Lowercase", .lowercase),
    ("StripAccents", .stripAccents),
  ]

  /// The name in the `normalizer` of a `tokenizer.json`.
  public var name: String {
    if case .bert = self { return BertNormalizer.name }
    return Self.named.first { $0.step == self }?.name ?? ""
  }

  /// The step without parameters that has this name in a `tokenizer.json`.
  init?(name: String) {
    guard let step = Self.named.first(where: { $0.name == name })?.step else { return nil }
    self = step
  }

  /// Whether the step is for the characters of one version of Unicode, by choice.
  var dependsOnUnicode: Bool {
    switch self {
    case .nfc, .nfd, .nfkc, .nfkd, .stripAccents: true
    case .lowercase, .bert: false
    }
  }

  /// Whether ICU has a part in the step.
  var usesICU: Bool { self != .lowercase }

  /// The passes that make up the step for the characters of `unicode`.
  func passes(_ unicode: UnicodeVersion) -> [NormalizationPass] {
    switch self {
    case .nfc: [.form(.of(.nfc, unicode))]
    case .nfd: [.form(.of(.nfd, unicode))]
    case .nfkc: [.form(.of(.nfkc, unicode))]
    case .nfkd: [.form(.of(.nfkd, unicode))]
    case .lowercase: [.lowercase]
    case .stripAccents: [.strip(Marks.of(unicode))]
    case .bert(let normalizer): normalizer.passes
    }
  }
}
