import CICU

/// A version of the Unicode standard.
public struct UnicodeVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The first number.
  public let major: UInt8
  /// The second number.
  public let minor: UInt8

  /// The version `major`.`minor`.
  public init(_ major: UInt8, _ minor: UInt8 = 0) { (self.major, self.minor) = (major, minor) }

  /// The version written like `9.0`; `nil` where `text` is none.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt8(parts[0]), let minor = UInt8(parts[1]) else {
      return nil
    }
    self.init(major, minor)
    guard description.utf8.elementsEqual(text.utf8) else { return nil }
  }

  /// The version that the ICU library knows.
  public static var icu: UnicodeVersion { UnicodeVersion(packed: icu_version(1)) }

  /// The version by which `tokenizers` 0.23 normalises, that of its crate
  /// `unicode-normalization-alignments`; files that name no version are meant so.
  public static let tokenizers = UnicodeVersion(9)

  /// The version that assigned `scalar`; `nil` where ICU knows none.
  static func age(of scalar: UInt32) -> UnicodeVersion? {
    let age = icu_age(Int32(bitPattern: scalar))
    return age > 0 ? UnicodeVersion(packed: age) : nil
  }

  /// The version that ICU's wrapper gives as one number.
  private init(packed: Int32) {
    self.init(UInt8(truncatingIfNeeded: packed >> 8), UInt8(truncatingIfNeeded: packed))
  }

  /// Such as `9.0`.
  public var description: String { "\(major).\(minor)" }

  /// Whether `left` came before `right`.
  public static func < (left: UnicodeVersion, right: UnicodeVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

/// That a tokenizer was made with another ICU than the one that is there.
public struct UnicodeDifference: Equatable, Sendable, CustomStringConvertible {
  /// The version of the ICU with which the tokenizer was made; `nil` where its file does not say.
  public let icu: String?
  /// The Unicode version by which the tokenizer normalises.
  public let unicode: UnicodeVersion
  /// The version of the ICU that is there.
  public let libraryICU: String
  /// The Unicode version that it knows.
  public let libraryUnicode: UnicodeVersion

  /// Whether ids can differ: the ICU that is there lacks characters that the other one had.
  public var isLossy: Bool { libraryUnicode < unicode }

  /// One sentence: what differs and what that means.
  public var description: String {
    let made = icu.map { "made with ICU \($0) for" } ?? "made for"
    let consequence =
      isLossy
      ? "characters newer than Unicode \(libraryUnicode) are not normalised, so that their ids can "
        + "differ"
      : "text is normalised as there, by Unicode \(unicode)"
    return "The tokenizer was \(made) Unicode \(unicode) and this program has ICU \(libraryICU) "
      + "with Unicode \(libraryUnicode): \(consequence)."
  }
}

extension Normalizer {
  /// How the ICU that is there differs from that of the tokenizer's file; `nil` where it does not
  /// or where the file says nothing and asks for nothing that this ICU lacks.
  public var unicodeDifference: UnicodeDifference? {
    let (library, known) = (ICUVersion.library, UnicodeVersion.icu)
    let isOther = icu.map { !$0.utf8.elementsEqual(library.utf8) } ?? false
    guard isOther || known < unicode else { return nil }
    return UnicodeDifference(
      icu: icu, unicode: unicode, libraryICU: library, libraryUnicode: known)
  }
}
