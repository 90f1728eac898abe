import Storage
import SystemPackage

/// What a text that is not UTF-8 probably is.
public enum LikelyEncoding: Equatable, Sendable {
  /// UTF-8 of which a few bytes are wrong.
  case damagedUTF8
  /// An encoding, by its name: one of the marks that begin a text, or ICU's guess.
  case named(String)

  private static let marks: [(bytes: [UInt8], name: String)] = [
    ([0xFF, 0xFE, 0x00, 0x00], "UTF-32"), ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
  ]
  /// The encoding of most texts in European languages that have no other sign.
  private static let usual = "windows-1252"
  /// The sample for a guess begins so many bytes before the fault.
  private static let bytesBefore = 1 << 12

  /// What `text` is, with a byte at `fault` that is not of UTF-8.
  init(of text: [UInt8], fault: Int) {
    if fault == 0, let mark = Self.marks.first(where: { text.starts(with: $0.bytes) }) {
      self = .named(mark.name)
      return
    }
    let counts = Self.characters(in: text)
    if counts.wrong * 4 <= counts.long {
      self = .damagedUTF8
      return
    }
    self = .named(TextEncoding.likely(text[max(0, fault - Self.bytesBefore)...]) ?? Self.usual)
  }

  /// What to do with the file at `path`, as a clause that ends in a command.
  func remedy(for path: FilePath) -> String {
    let isPlainFile =
      (try? InputFile(path))?.byteCount != nil && InputFile.compression(of: path) == nil
    let (source, target) = (path.string.shellWord, "\(path).utf8".shellWord)
    func convert(_ options: String) -> String {
      isPlainFile
        ? "iconv \(options) \(source) > \(target) && mv \(target) \(source)"
        : "convert its text with iconv \(options)"
    }
    switch self {
    case .damagedUTF8:
      return "the rest is UTF-8: leave such lines out with --skip-invalid, or such bytes: "
        + convert("-c -f UTF-8 -t UTF-8")
    case .named(let name):
      return "if it is \(name), read it with --encoding \(name), or convert it: "
        + convert("-f \(name) -t UTF-8")
    }
  }

  /// The number of characters of several bytes in `text`, and of places that are no character.
  private static func characters(in text: [UInt8]) -> (long: Int, wrong: Int) {
    var (long, wrong) = (0, 0)
    var decoder = UTF8()
    var iterator = text.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): if scalar.value >= 0x80 { long += 1 }
      case .error: wrong += 1
      case .emptyInput: return (long, wrong)
      }
    }
  }
}
