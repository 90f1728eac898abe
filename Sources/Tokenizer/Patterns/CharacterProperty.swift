import Synchronization

/// Sets of characters as Oniguruma names them, of Unicode 16.0 whatever Unicode is there.
enum CharacterProperty {
  private typealias Category = Unicode.GeneralCategory

  private static let known = Mutex<[String: ScalarSet]>([:])

  /// The set with this name in `\p{…}`, whatever its case, spaces, hyphens and low lines, with
  /// `word` for the word characters; `nil` where none has it.
  static func named(_ name: String, word: @autoclosure () -> ScalarSet = word) -> ScalarSet? {
    let key = name.lowercased().filter { !" -_".contains($0) }
    if key == "word" { return word() }
    return known.withLock { known in
      if let set = known[key] { return set }
      let set = made(key)
      known[key] = set
      return set
    }
  }

  /// The set with this name in `[[:…:]]`; `nil` where none has it.
  static func posix(_ name: String) -> ScalarSet? {
    guard posixNames.contains(name) else { return nil }
    // Only in brackets are symbols punctuation.
    guard name == "punct" else { return named(name, word: bracketedWord) }
    return named("p").flatMap { punctuation in named("s").map(punctuation.union) }
  }

  /// `\h`.
  static let hexadecimal = ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
  /// `\s`.
  static let space = ScalarSet { CharacterTable.shared[$0] == CharacterClass.space.rawValue }
  /// `\d`.
  static let digit = set(of: [.decimalNumber])
  /// `\w`, which in Oniguruma has the superscripts and fractions of Latin-1, but not in brackets.
  static let word = bracketedWord.union(ScalarSet([0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE]))
  /// `[\w]`.
  static let bracketedWord = set { properties in
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: properties.isAlphabetic
    }
  }

  private static let posixNames: Set = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "xdigit", "word",
  ]

  private static func made(_ key: String) -> ScalarSet? {
    if let categories = categories[key] { return set(of: categories) }
    if key.hasPrefix("cn") || key == "unassigned" || key == "c" || key == "other" { return nil }
    switch key {
    case "alnum": return set { $0.isAlphabetic || $0.generalCategory == .decimalNumber }
    case "alpha", "alphabetic": return set { $0.isAlphabetic }
    case "any": return .all
    case "ascii": return ScalarSet([0...0x7F])
    case "blank": return set(of: [.spaceSeparator]).union(ScalarSet([9...9]))
    case "cntrl": return set(of: [.control])
    case "digit": return digit
    case "lower", "lowercase": return set { $0.isLowercase }
    case "print": return printable
    case "graph": return printable.intersection(space.inverted)
    case "punct": return set(of: categories["p"] ?? [])
    case "space", "whitespace": return space
    case "upper", "uppercase": return set { $0.isUppercase }
    case "xdigit": return hexadecimal
    default: return script(key)
    }
  }

  /// What is printed: all that is assigned but controls and the separators of lines.
  private static let printable = set { properties in
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
    default: true
    }
  }

  private static func set(of categories: [Category]) -> ScalarSet {
    set { categories.contains($0.generalCategory) }
  }

  /// The scalars of Unicode 16.0 whose properties `isMember` takes.
  private static func set(where isMember: (Unicode.Scalar.Properties) -> Bool) -> ScalarSet {
    ScalarSet { value in
      // In Unicode 17.0, ʕ is no lower-case letter any more, as its neighbour ʓ still is.
      let value: UInt32 = value == 0x295 ? 0x293 : value
      guard let properties = Unicode.Scalar(value)?.properties else { return false }
      if let age = properties.age { return age.major <= 16 && isMember(properties) }
      // Private use and what is no character have no age.
      return properties.generalCategory == .privateUse && isMember(properties)
    }
  }

  private static func script(_ key: String) -> ScalarSet? {
    let names = PropertyTable.scripts.split(separator: " ").map { entry in
      entry.split(separator: ":").map { $0.lowercased().filter { $0 != "_" } }
    }
    guard let number = names.firstIndex(where: { $0.contains(key) }) else { return nil }
    var ranges: [ClosedRange<UInt32>] = []
    var start: UInt32 = 0
    for run in PropertyTable.runs {
      let end = start + run >> 8
      if Int(run & 0xFF) == number + 1 { ranges.append(start...end - 1) }
      start = end
    }
    return ScalarSet(ranges)
  }

  /// The general categories by their names and codes.
  private static let categories: [String: [Category]] = {
    let single: [(String, String, Category)] = [
      ("lu", "uppercaseletter", .uppercaseLetter), ("ll", "lowercaseletter", .lowercaseLetter),
      ("lt", "titlecaseletter", .titlecaseLetter), ("lm", "modifierletter", .modifierLetter),
      ("lo", "otherletter", .otherLetter), ("mn", "nonspacingmark", .nonspacingMark),
      ("mc", "spacingmark", .spacingMark), ("me", "enclosingmark", .enclosingMark),
      ("nd", "decimalnumber", .decimalNumber), ("nl", "letternumber", .letterNumber),
      ("no", "othernumber", .otherNumber), ("pc", "connectorpunctuation", .connectorPunctuation),
      ("pd", "dashpunctuation", .dashPunctuation), ("ps", "openpunctuation", .openPunctuation),
      ("pe", "closepunctuation", .closePunctuation),
      ("pi", "initialpunctuation", .initialPunctuation),
      ("pf", "finalpunctuation", .finalPunctuation), ("po", "otherpunctuation", .otherPunctuation),
      ("sm", "mathsymbol", .mathSymbol), ("sc", "currencysymbol", .currencySymbol),
      ("sk", "modifiersymbol", .modifierSymbol), ("so", "othersymbol", .otherSymbol),
      ("zs", "spaceseparator", .spaceSeparator), ("zl", "lineseparator", .lineSeparator),
      ("zp", "paragraphseparator", .paragraphSeparator), ("cc", "control", .control),
      ("cf", "format", .format), ("co", "privateuse", .privateUse),
    ]
    let groups = [
      ("l", "letter"), ("m", "mark"), ("n", "number"), ("p", "punctuation"), ("s", "symbol"),
      ("z", "separator"),
    ]
    var result: [String: [Category]] = [:]
    for (code, name, category) in single { (result[code], result[name]) = ([category], [category]) }
    for (code, name) in groups {
      let members = single.filter { $0.0.hasPrefix(code) }.map(\.2)
      (result[code], result[name]) = (members, members)
    }
    result["lc"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
    return result
  }()
}
