extension RegexTranslator {
  // MARK: Characters

  /// Writes the character `value`, in either case if so asked; `folded` is the letter before it
  /// that matches in either case.
  mutating func literal(_ value: UInt32, after folded: UInt32?) throws(PatternFlaw) {
    guard options.ignoresCase else { return write(Self.escaped(value)) }
    guard value < 0x80 else {
      let properties = Unicode.Scalar(value)?.properties
      if properties?.isCased ?? true {
        throw .unsupported("a letter beyond ASCII in either case")
      }
      return write(Self.escaped(value))
    }
    if let folded, Self.isLigature(folded, value) {
      throw .unsupported("letters in either case for which there is a ligature")
    }
    let letters = Self.bothCases(of: value)
    write(ScalarSet(letters.map { $0...$0 }))
    foldedBefore = value | 0x20
  }

  /// An ASCII character and what is the same but for its case, in all of Unicode.
  static func bothCases(of value: UInt32) -> [UInt32] {
    switch value {
    case 0x4B, 0x6B: [0x4B, 0x6B, 0x212A]
    case 0x53, 0x73: [0x53, 0x73, 0x17F]
    case 0x41...0x5A, 0x61...0x7A: [value & ~0x20, value | 0x20]
    default: [value]
    }
  }

  /// Whether one character of Unicode, such as ß, is in some case the same as these two letters.
  private static func isLigature(_ first: UInt32, _ second: UInt32) -> Bool {
    let pair = String(
      String.UnicodeScalarView([first | 0x20, second | 0x20].compactMap(Unicode.Scalar.init)))
    return ["ss", "st", "ff", "fi", "fl"].contains(pair)
  }

  /// Writes what follows a backslash.
  mutating func escape(after folded: UInt32?) throws(PatternFlaw) {
    let scalar = try advance()
    if let set = try set(of: scalar) { return write(set) }
    switch scalar {
    case "A": write(#"\A"#)
    case "z": write(#"\z"#)
    case "Z": write(#"(?=\x{A}?\z)"#)
    case "b": try wordBoundary(#"(?:(?<=W)(?!W)|(?<!W)(?=W))"#)
    case "B": try wordBoundary(#"(?:(?<=W)(?=W)|(?<!W)(?!W))"#)
    case "1"..."9", "k": try reference(scalar)
    case "R": write(#"(?>\x{D}\x{A}|[\x{A}-\x{D}\x{85}\x{2028}\x{2029}])"#)
    default: try literal(try value(of: scalar), after: folded)
    }
  }

  /// Writes `text` with the word characters for each W.
  private mutating func wordBoundary(_ text: String) throws(PatternFlaw) {
    for part in text.unicodeScalars {
      if part == "W" { write(CharacterProperty.word) } else { write(String(part)) }
    }
  }

  /// The class that `\` and `scalar` name, in brackets or not; `nil` where they name none.
  private mutating func set(
    of scalar: Unicode.Scalar, inBrackets: Bool = false
  ) throws(PatternFlaw) -> ScalarSet? {
    var word: ScalarSet {
      inBrackets ? CharacterProperty.bracketedWord : CharacterProperty.word
    }
    switch scalar {
    case "s": return CharacterProperty.space
    case "S": return CharacterProperty.space.inverted
    case "w": return word
    case "W": return word.inverted
    case "d": return CharacterProperty.digit
    case "D": return CharacterProperty.digit.inverted
    case "h": return CharacterProperty.hexadecimal
    case "H": return CharacterProperty.hexadecimal.inverted
    case "N": return ScalarSet([0x0A...0x0A]).inverted
    case "O": return .all
    case "p", "P": return try property(isInverted: scalar == "P", word)
    default: return nil
    }
  }

  /// The set of `{Name}` or `{^Name}`.
  private mutating func property(
    isInverted: Bool, _ word: @autoclosure () -> ScalarSet
  ) throws(PatternFlaw) -> ScalarSet {
    guard take("{") else { throw .unsupported("\\p without braces") }
    let isInverted = take("^") != isInverted
    let name = try text(upTo: "}")
    guard let set = CharacterProperty.named(name, word: word()) else {
      throw .unsupported("the property \\p{\(name)}")
    }
    return isInverted ? set.inverted : set
  }

  /// The text before `end`, which is passed.
  mutating func text(upTo end: Unicode.Scalar) throws(PatternFlaw) -> String {
    var text = ""
    while true {
      let scalar = try advance()
      if scalar == end { return text }
      text.unicodeScalars.append(scalar)
    }
  }

  /// The character that `\` and `scalar`, perhaps with digits that follow, stand for.
  private mutating func value(of scalar: Unicode.Scalar) throws(PatternFlaw) -> UInt32 {
    switch scalar {
    case "t": return 0x09
    case "n": return 0x0A
    case "v": return 0x0B
    case "f": return 0x0C
    case "r": return 0x0D
    case "a": return 0x07
    case "e": return 0x1B
    case "x":
      if take("{") { return try character(numbered: text(upTo: "}")) }
      let value = try number(length: 2)
      guard value < 0x80 else { throw .unsupported("a byte of a character, such as \\x80") }
      return value
    case "u": return try number(length: 4)
    case "A"..."Z", "a"..."z", "0"..."9": throw .unsupported("\\\(scalar)")
    default: return scalar.value
    }
  }

  /// The character whose number the next `length` hexadecimal digits are.
  private mutating func number(length: Int) throws(PatternFlaw) -> UInt32 {
    var text = ""
    for _ in 0..<length { text.unicodeScalars.append(try advance()) }
    return try character(numbered: text)
  }

  /// The character whose number the hexadecimal digits `text` are.
  private func character(numbered text: String) throws(PatternFlaw) -> UInt32 {
    guard let value = UInt32(text, radix: 16), Unicode.Scalar(value) != nil else {
      throw .malformed(offset: position - 1)
    }
    return value
  }

  // MARK: Brackets

  /// The set of what follows an opening bracket.
  mutating func bracketClass(depth: Int = 0) throws(PatternFlaw) -> ScalarSet {
    guard depth < 32 else { throw .unsupported("brackets inside 32 others") }
    let isInverted = take("^")
    var (all, set) = (ScalarSet?.none, ScalarSet())
    var isFirst = true
    while true {
      if take("&&") {
        all = all?.intersection(set) ?? set
        set = ScalarSet()
      } else if next == "]", !(isFirst && source[(position + 1)...].contains("]")) {
        position += 1
        break
      } else {
        set = set.union(try bracketItem(depth))
      }
      isFirst = false
    }
    if isFirst { throw .malformed(offset: position - 1) }
    let result = all?.intersection(set) ?? set
    guard options.ignoresCase else { return isInverted ? result.inverted : result }
    guard result.isASCII, !isInverted else {
      throw .unsupported("brackets in either case that hold more than ASCII")
    }
    return ScalarSet(result.scalars.flatMap(Self.bothCases).map { $0...$0 })
  }

  /// One character, a range of them, or a class.
  private mutating func bracketItem(_ depth: Int) throws(PatternFlaw) -> ScalarSet {
    if take("[:"), let set = try posixClass() { return set }
    if take("[") { return try bracketClass(depth: depth + 1) }
    guard let first = try bracketCharacter() else { return try setOfEscape() }
    let start = position
    guard take("-"), let after = next, after != "]", after != "[" else {
      position = start
      return ScalarSet([first...first])
    }
    guard let last = try bracketCharacter() else { throw .malformed(offset: start) }
    guard first <= last else { throw .malformed(offset: start) }
    return ScalarSet([first...last])
  }

  /// A character; `nil` where a class comes next.
  private mutating func bracketCharacter() throws(PatternFlaw) -> UInt32? {
    let start = position
    let scalar = try advance()
    guard scalar == "\\" else { return scalar.value }
    let escaped = try advance()
    if "sSwWdDhHpPNOR".unicodeScalars.contains(escaped) {
      position = start
      return nil
    }
    return escaped == "b" ? 0x08 : try value(of: escaped)
  }

  private mutating func setOfEscape() throws(PatternFlaw) -> ScalarSet {
    position += 1
    let scalar = try advance()
    guard !"NOR".unicodeScalars.contains(scalar), let set = try set(of: scalar, inBrackets: true)
    else {
      throw .unsupported("\\\(scalar) in brackets")
    }
    if next == "-", position + 1 < source.count, source[position + 1] != "]" {
      throw .malformed(offset: position)
    }
    return set
  }

  /// The set of a name before `:]`; `nil` where none follows, and nothing is passed then but what
  /// began it.
  private mutating func posixClass() throws(PatternFlaw) -> ScalarSet? {
    let start = position
    let isInverted = take("^")
    var name = String.UnicodeScalarView()
    while let scalar = next, "a"..."z" ~= scalar {
      name.append(scalar)
      position += 1
    }
    guard take(":]") else {
      // No name: a bracket that begins with a colon.
      position = start - 2
      return nil
    }
    guard let set = CharacterProperty.posix(String(name)) else {
      throw .unsupported("the class [:\(String(name)):]")
    }
    return isInverted ? set.inverted : set
  }
}
