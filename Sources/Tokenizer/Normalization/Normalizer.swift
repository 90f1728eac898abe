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

  /// A normaliser that applies `steps` in order.
  public init(steps: [Step]) { self.steps = steps }

  /// The steps for text in `form`, in lower case and without accents if so asked.
  ///
  /// Accents are taken off decomposed text, which is composed again unless `form` is a
  /// decomposition; with `.none` that gives NFC.
  public init(form: NormalizationForm, lowercase: Bool = false, stripAccents: Bool = false) {
    let isCompatible = form == .nfkc || form == .nfkd
    let isDecomposed = form == .nfd || form == .nfkd
    let composition: Step = isCompatible ? .nfkc : .nfc
    let decomposition: Step = isCompatible ? .nfkd : .nfd
    var steps: [Step] = []
    if stripAccents || isDecomposed {
      steps.append(decomposition)
    } else if form != .none {
      steps.append(composition)
    }
    if lowercase { steps.append(.lowercase) }
    if stripAccents {
      steps.append(.stripAccents)
      if !isDecomposed { steps.append(composition) }
    }
    self.steps = steps
  }

  /// `text`, which has to be UTF-8, after all steps.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte.
  public func normalize(_ text: [UInt8]) throws(TokenizerError) -> [UInt8] {
    try UTF8Scan.validate(text.span)
    return normalized(text.span)
  }

  /// `text`, known to be UTF-8, after all steps.
  func normalized(_ text: Span<UInt8>) -> [UInt8] {
    var current = Array(copying: text)
    for pass in steps.flatMap(\.passes) {
      var output = NormalizedText(capacity: current.count, recordsRuns: false)
      pass.apply(to: current.span, into: &output)
      current = output.bytes
    }
    return current
  }

  /// As ``normalized(_:)``, with the way back to the places in `text`.
  func aligned(_ text: Span<UInt8>) -> (text: [UInt8], alignment: Alignment) {
    var current = Array(copying: text)
    var alignment = Alignment()
    for pass in steps.flatMap(\.passes) {
      var output = NormalizedText(capacity: current.count)
      pass.apply(to: current.span, into: &output)
      alignment.stages.append(output.runs)
      current = output.bytes
    }
    return (current, alignment)
  }
}

/// One pass over a text: most steps are one, some are several.
enum NormalizationPass: Sendable {
  case form(ICUNormalizer)
  case lowercase
  case stripMarks
  case bertCleaning(BertCleaning)
  case bertFolding(BertFolding)

  /// Appends `text`, known to be UTF-8, after this pass to `output`.
  func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    switch self {
    case .form(let normalizer): normalizer.normalize(text, into: &output)
    case .lowercase: CaseMapping.lowercase(text, into: &output)
    case .stripMarks: CaseMapping.stripMarks(text, into: &output)
    case .bertCleaning(let cleaning): cleaning.apply(to: text, into: &output)
    case .bertFolding(let folding): folding.apply(to: text, into: &output)
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

  /// The passes that make up the step.
  var passes: [NormalizationPass] {
    switch self {
    case .nfc: [.form(.nfc)]
    case .nfd: [.form(.nfd)]
    case .nfkc: [.form(.nfkc)]
    case .nfkd: [.form(.nfkd)]
    case .lowercase: [.lowercase]
    case .stripAccents: [.stripMarks]
    case .bert(let normalizer): normalizer.passes
    }
  }
}
