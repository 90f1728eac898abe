/// The words of a Swift file without those of its comments and literals; what a literal
/// interpolates is code.
struct SwiftCode {
  /// A name, keyword or number.
  struct Word {
    let text: String
    /// Whether a dot is in front of it, as before the member of another name.
    let isMember: Bool
  }

  /// The words of each line, and whether it is indented.
  struct Line {
    var words: [Word] = []
    let isIndented: Bool

    var last: Word? { words.last }
    func contains(_ keyword: String) -> Bool { words.contains { $0.text == keyword } }
  }

  /// The text in which comments and the characters of literals are missing.
  let text: String
  let lines: [Line]

  init(_ bytes: [UInt8]) {
    var scanner = Scanner(bytes)
    scanner.readCode(isInterpolation: false)
    text = String(decoding: scanner.output, as: UTF8.self)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Self.line)
  }

  private static func line(_ text: Substring) -> Line {
    var line = Line(isIndented: text.first == " ")
    var word = ""
    // The last character that is no space, and the one before the current word.
    var (last, before): (Character, Character) = (" ", " ")
    for character in text + " " {
      if character.isLetter || character.isNumber || character == "_" {
        if word.isEmpty { before = last }
        word.append(character)
      } else if !word.isEmpty {
        line.words.append(Word(text: word, isMember: before == "."))
        word = ""
      }
      if character != " " { last = character }
    }
    return line
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private var place = 0
    private(set) var output: [UInt8] = []

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
    }

    private func isAt(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

    /// Reads to the end, or to the parenthesis that closes an interpolation.
    mutating func readCode(isInterpolation: Bool) {
      var depth = 0
      while place < bytes.count {
        let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
        if isAt("//") {
          while place < bytes.count, !isAt("\n") { place += 1 }
        } else if isAt("/*") {
          skipComment()
        } else if isAt(String(repeating: "#", count: hashes) + "\"") {
          place += hashes
          readLiteral(hashes: String(repeating: "#", count: hashes))
        } else {
          if isAt("(") { depth += 1 }
          if isAt(")") { depth -= 1 }
          if isInterpolation, depth < 0 { return }
          output.append(bytes[place])
          place += 1
        }
      }
    }

    /// Comments may hold comments.
    private mutating func skipComment() {
      var depth = 0
      repeat {
        let (opens, closes) = (isAt("/*"), isAt("*/"))
        if opens { depth += 1 }
        if closes { depth -= 1 }
        if isAt("\n") { output.append(bytes[place]) }
        place += opens || closes ? 2 : 1
      } while depth > 0 && place < bytes.count
    }

    /// Reads a literal from its quotes on, which as many hashes enclose.
    private mutating func readLiteral(hashes: String) {
      let quotes = isAt("\"\"\"") ? "\"\"\"" : "\""
      place += quotes.count
      output.append(UInt8(ascii: "\""))
      while place < bytes.count, !isAt(quotes + hashes) {
        if isAt("\\" + hashes + "(") {
          place += hashes.count + 2
          output.append(UInt8(ascii: " "))
          readCode(isInterpolation: true)
        } else if isAt("\\" + hashes) {
          place += hashes.count + 1
        } else if isAt("\n") {
          output.append(bytes[place])
        }
        place += 1
      }
      place += quotes.count + hashes.count
      output.append(UInt8(ascii: "\""))
    }
  }
}
