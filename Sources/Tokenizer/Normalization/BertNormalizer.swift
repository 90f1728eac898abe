/// What BERT does to text before it is split, exactly as `BertNormalizer` of Hugging Face's
/// `tokenizers` 0.23 does it.
///
/// The library mixes versions of Unicode, and ids depend on them: control characters,
/// punctuation and marks are those of Unicode 8.0, canonical decompositions and combining classes
/// those of 9.0, lower case that of the standard library (Rust's and Swift's know Unicode 17.0).
/// The first are frozen in ``BertTables``; the second are ICU's for the scalars that Unicode 9.0
/// had, which no later version changes.
public struct BertNormalizer: Hashable, Sendable {
  /// Whether controls are removed and white space becomes a space.
  public let cleansText: Bool
  /// Whether ideographs are put between spaces.
  public let separatesChinese: Bool
  /// Whether nonspacing marks are taken off decomposed text; `nil` where lower case decides.
  public let stripsAccents: Bool?
  /// Whether text is put in lower case.
  public let lowercases: Bool

  /// The normaliser of BERT's uncased vocabularies.
  public static let uncased = BertNormalizer()
  /// The normaliser of BERT's cased vocabularies.
  public static let cased = BertNormalizer(lowercases: false)

  /// The name in the `normalizer` of a `tokenizer.json`.
  static let name = "BertNormalizer"

  /// A normaliser; without arguments that of BERT's uncased vocabularies.
  public init(
    cleansText: Bool = true, separatesChinese: Bool = true, stripsAccents: Bool? = nil,
    lowercases: Bool = true
  ) {
    self.cleansText = cleansText
    self.separatesChinese = separatesChinese
    self.stripsAccents = stripsAccents
    self.lowercases = lowercases
  }

  /// What is done, one after the other.
  var passes: [NormalizationPass] {
    var passes: [NormalizationPass] = []
    if cleansText || separatesChinese {
      passes.append(
        .bertCleaning(BertCleaning(cleans: cleansText, separatesChinese: separatesChinese)))
    }
    if stripsAccents ?? lowercases {
      passes.append(.bertFolding(lowercases ? .lowercasing : .keepingCase))
    } else if lowercases {
      passes.append(.lowercase)
    }
    return passes
  }
}

/// The part of BERT's normalisation that looks at one scalar at a time: controls and ideographs.
struct BertCleaning: Sendable {
  let cleans: Bool
  let separatesChinese: Bool

  /// Appends `text`, known to be UTF-8, to `output`.
  func apply(to text: Span<UInt8>, into output: inout NormalizedText) {
    let (table, space) = (BertCharacterTable.shared, UInt8(ascii: " "))
    var position = 0
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(in: text, at: position)
      let flags = table[value]
      let isRemoved = cleans && flags.contains(.removed)
      let isSpace = cleans && flags.contains(.whiteSpace) && value != 0x20
      let isChinese = separatesChinese && flags.contains(.chinese)
      if isRemoved || isSpace || isChinese {
        output.copy(text, upTo: position)
        if isRemoved {
          output.replace(length, by: EmptyCollection())
        } else if isSpace {
          output.replace(length, by: CollectionOfOne(space))
        } else {
          output.surround(text.extracting(position..<position + length), by: space)
        }
      }
      position &+= length
    }
    output.copy(text, upTo: text.count)
  }
}
