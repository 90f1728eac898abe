/// One pass over a text: most steps are one, some are several.
enum NormalizationPass: Sendable {
  case form(ICUNormalizer)
  case lowercase
  case strip(ScalarTable<Bool>)
  case bertCleaning(BertCleaning)
  case bertFolding(BertFolding)
  case nmt
  case byteLevel
  case edit(Edit)

  /// A pass in which a place can depend on all of the text.
  enum Edit: Sendable {
    case strip(left: Bool, right: Bool)
    case prepend([UInt8])
    case replace(Replacement)
  }

  /// Appends `text`, known to be UTF-8, after this pass to `output`.
  func apply(
    to text: Span<UInt8>, into output: inout NormalizedText
  ) throws(TokenizerError) {
    switch self {
    case .form(let normalizer): normalizer.normalize(text, into: &output)
    case .lowercase: CaseMapping.lowercase(text, into: &output)
    case .strip(let marks): CaseMapping.strip(marks, from: text, into: &output)
    case .bertCleaning(let cleaning): cleaning.apply(to: text, into: &output)
    case .bertFolding(let folding): folding.apply(to: text, into: &output)
    case .nmt: TranslationCleaning.apply(to: text, into: &output)
    case .byteLevel: TextEdits.spellBytes(of: text, into: &output)
    case .edit(.strip(let left, let right)):
      TextEdits.strip(left: left, right: right, from: text, into: &output)
    case .edit(.prepend(let prefix)): TextEdits.prepend(prefix, to: text, into: &output)
    case .edit(.replace(let replacement)): try replacement.apply(to: text, into: &output)
    }
  }

  /// Whether this pass leaves `text`, known to be UTF-8, as it is.
  func isNormal(_ text: Span<UInt8>) throws(TokenizerError) -> Bool {
    var output = NormalizedText(capacity: text.count, recordsRuns: false)
    try apply(to: text, into: &output)
    return ByteHash.areEqual(output.bytes.span, text)
  }

  /// Whether what becomes of a character depends on those near it alone.
  var isLocal: Bool {
    if case .edit = self { false } else { true }
  }

  /// Whether text before `scalar` becomes the same as if nothing followed, and the other way
  /// round.
  func hasBoundary(before scalar: UInt32) -> Bool {
    switch self {
    case .form(let normalizer): normalizer.hasBoundary(before: scalar)
    case .bertFolding(let folding): folding.hasBoundary(before: scalar)
    case .lowercase, .strip, .bertCleaning, .nmt, .byteLevel: true
    case .edit: false
    }
  }
}

extension Normalizer.Step {
  /// The steps without parameters, by their names in the `normalizer` of a `tokenizer.json`.
  private static let named: [(name: String, step: Self)] = [
    ("NFC", .nfc), ("NFD", .nfd), ("NFKC", .nfkc), ("NFKD", .nfkd), ("Lowercase", .lowercase),
    ("StripAccents", .stripAccents), ("Nmt", .nmt), ("ByteLevel", .byteLevel),
  ]

  /// The name in the `normalizer` of a `tokenizer.json`.
  public var name: String {
    switch self {
    case .bert: BertNormalizer.name
    case .strip: "Strip"
    case .prepend: "Prepend"
    case .replace: "Replace"
    default: Self.named.first { $0.step == self }?.name ?? ""
    }
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
    default: false
    }
  }

  /// Whether ICU has a part in the step.
  var usesICU: Bool {
    if case .bert = self { true } else { dependsOnUnicode }
  }

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
    case .nmt: [.nmt]
    case .strip(let left, let right):
      [.edit(.strip(left: left, right: right))]
    case .prepend(let prefix): [.edit(.prepend(prefix))]
    case .replace(let replacement): [.edit(.replace(replacement))]
    case .byteLevel: [.byteLevel]
    }
  }
}
