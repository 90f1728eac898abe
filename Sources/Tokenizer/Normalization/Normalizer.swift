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
  /// A step, named as in the `normalizer` of a `tokenizer.json`.
  public enum Step: String, CaseIterable, Sendable {
    /// Canonical composition.
    case nfc = "NFC"
    /// Canonical decomposition.
    case nfd = "NFD"
    /// Compatibility composition.
    case nfkc = "NFKC"
    /// Compatibility decomposition.
    case nfkd = "NFKD"
    /// The lower case of every scalar, whatever stands around it.
    case lowercase = "Lowercase"
    /// Every mark (general categories Mn, Mc and Me) left out.
    case stripAccents = "StripAccents"
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
    for step in steps {
      var output = NormalizedText(capacity: current.count)
      step.apply(to: current.span, into: &output)
      current = output.bytes
    }
    return current
  }

  /// As ``normalized(_:)``, with the way back to the places in `text`.
  func aligned(_ text: Span<UInt8>) -> (text: [UInt8], alignment: Alignment) {
    var current = Array(copying: text)
    var alignment = Alignment()
    for step in steps {
      var output = NormalizedText(capacity: current.count)
      step.apply(to: current.span, into: &output)
      alignment.stages.append(output.runs)
      current = output.bytes
    }
    return (current, alignment)
  }
}

extension Normalizer.Step {
  /// Appends `text` after this step to `output`.
  func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    switch self {
    case .nfc: ICUNormalizer.nfc.normalize(text, into: &output)
    case .nfd: ICUNormalizer.nfd.normalize(text, into: &output)
    case .nfkc: ICUNormalizer.nfkc.normalize(text, into: &output)
    case .nfkd: ICUNormalizer.nfkd.normalize(text, into: &output)
    case .lowercase: CaseMapping.lowercase(text, into: &output)
    case .stripAccents: CaseMapping.stripMarks(text, into: &output)
    }
  }
}
