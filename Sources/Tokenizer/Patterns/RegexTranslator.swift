/// Writes a regular expression of Oniguruma, the engine of `tokenizers`, as one of ICU that matches
/// the same.
///
/// All classes become explicit sets, so that neither ICU's Unicode nor its meaning of a name counts;
/// so do letters that match in either case. What Oniguruma means by `^`, `$`, `.` and `\b` is
/// written out. Groups are kept for order only, unless something refers to one.
struct RegexTranslator {
  /// What `(?…)` sets for a part of an expression.
  struct Options {
    /// Letters match in either case.
    var ignoresCase = false
    /// `.` matches a newline.
    var matchesNewline = false
    /// White space and comments are no part of the expression.
    var isExtended = false
  }

  /// The characters of the expression.
  let source: [Unicode.Scalar]
  /// The place of the next one.
  var position = 0
  var options = Options()
  /// The expression of ICU so far.
  private(set) var output = ""
  /// How many groups are open.
  private var depth = 0
  /// The groups that are referred to.
  private var groups: GroupReferences
  /// The last letter that matches in either case, if what comes next follows it directly.
  var foldedBefore: UInt32?

  /// No expression nests deeper, so that a hostile one cannot exhaust the stack.
  private static let deepest = 200

  private init(_ source: String) {
    self.source = Array(source.unicodeScalars)
    groups = GroupReferences(self.source)
  }

  /// `source` as ICU writes it.
  ///
  /// - Throws: ``PatternFlaw``.
  static func translation(of source: String) throws(PatternFlaw) -> String {
    var translator = RegexTranslator(source)
    try translator.alternatives()
    if translator.position < translator.source.count {
      throw .malformed(offset: translator.position)
    }
    return translator.output
  }

  // MARK: Reading

  /// The next character, which stays the next.
  var next: Unicode.Scalar? { position < source.count ? source[position] : nil }

  /// Whether `text` comes next, which is then passed.
  mutating func take(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard source[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  /// The next character, which is passed.
  mutating func advance() throws(PatternFlaw) -> Unicode.Scalar {
    guard let scalar = next else { throw .malformed(offset: position) }
    position += 1
    return scalar
  }

  // MARK: Structure

  /// Alternatives up to the end of a group or of the expression.
  private mutating func alternatives() throws(PatternFlaw) {
    depth += 1
    guard depth <= Self.deepest else { throw .unsupported("groups inside \(Self.deepest) others") }
    defer { depth -= 1 }
    while let scalar = next, scalar != ")" {
      if scalar == "|" {
        position += 1
        output += "|"
        foldedBefore = nil
      } else {
        try item()
      }
    }
  }

  /// A piece of an expression with what says how often it comes.
  private mutating func item() throws(PatternFlaw) {
    if try skipsComment() { return }
    let start = output.endIndex
    let before = foldedBefore
    foldedBefore = nil
    guard try atom(after: before) else { return }
    try quantifiers(from: start)
  }

  /// Passes a comment, or white space where that is no part of the expression.
  private mutating func skipsComment() throws(PatternFlaw) -> Bool {
    if take("(?#") {
      while try advance() != ")" {}
      return true
    }
    guard options.isExtended, let scalar = next else { return false }
    if scalar == "#" {
      while let scalar = next, scalar != "\n" { position += 1 }
      return true
    }
    guard scalar.value < 0x80, scalar.properties.isWhitespace else { return false }
    position += 1
    return true
  }

  /// Something that can be repeated; says whether there was one.
  private mutating func atom(after folded: UInt32?) throws(PatternFlaw) -> Bool {
    let offset = position
    switch try advance() {
    case "(": return try group()
    case "[": write(try bracketClass())
    case ".":
      write(options.matchesNewline ? .all : ScalarSet([0x0A...0x0A]).inverted)
    case "^": output += #"(?:\A|(?<=\x{A})(?!\z))"#
    case "$": output += #"(?=\x{A}|\z)"#
    case "\\": try escape(after: folded)
    case "*", "+", "?": throw .malformed(offset: offset)
    case let scalar: try literal(scalar.value, after: folded)
    }
    return true
  }

  /// What follows an opening parenthesis; says whether it can be repeated.
  private mutating func group() throws(PatternFlaw) -> Bool {
    let outer = options
    for (opening, written) in [
      ("?:", "(?:"), ("?=", "(?="), ("?!", "(?!"), ("?>", "(?>"), ("?<=", "(?<="), ("?<!", "(?<!"),
    ] where take(opening) {
      let ended = groups.ended
      try body(written)
      if written != "(?:", written != "(?>" { groups.forget(since: ended) }
      options = outer
      return true
    }
    var number: Int?
    if take("?<") {
      number = groups.begin(try text(upTo: ">"))
    } else if take("?") {
      guard try setsOptions() else {
        // They hold up to the end of the group around, alternatives and all.
        output += "(?:"
        try alternatives()
        output += ")"
        options = outer
        return false
      }
    } else {
      number = groups.begin(nil)
    }
    try body(number == nil ? "(?:" : "(")
    if let number { groups.end(number) }
    options = outer
    return true
  }

  /// Writes the reference to a group, by `\1` or `\k<name>`, whose backslash and `scalar` are passed.
  mutating func reference(_ scalar: Unicode.Scalar) throws(PatternFlaw) {
    var name = String(scalar)
    if scalar == "k" {
      guard take("<") else { throw .unsupported("\\k without a name") }
      name = try text(upTo: ">")
    } else if let next, "0"..."9" ~= next {
      throw .unsupported("a number of more digits behind a backslash")
    }
    guard !options.ignoresCase else { throw .unsupported("a reference to a group in either case") }
    guard let number = groups.number(of: name) else {
      throw .unsupported("a reference to another than one group that ended before")
    }
    output += "\\\(number)"
  }

  private mutating func body(_ opening: String) throws(PatternFlaw) {
    output += opening
    try alternatives()
    guard take(")") else { throw .malformed(offset: position) }
    output += ")"
    foldedBefore = nil
  }

  /// Sets options such as `i-m`; says whether a colon follows.
  private mutating func setsOptions() throws(PatternFlaw) -> Bool {
    var isOn = true
    while true {
      switch try advance() {
      case "i": options.ignoresCase = isOn
      case "m": options.matchesNewline = isOn
      case "x": options.isExtended = isOn
      case "-": isOn = false
      case ":": return true
      case ")": return false
      case let scalar: throw .unsupported("the group (?\(scalar)…)")
      }
    }
  }

  // MARK: Repetition

  private mutating func quantifiers(from start: String.Index) throws(PatternFlaw) {
    var isRepeated = false
    while let (quantifier, isInterval) = try quantifier() {
      if isRepeated {
        output.insert(contentsOf: "(?:", at: start)
        output += ")"
      }
      isRepeated = true
      foldedBefore = nil
      output += quantifier
      if isInterval {
        // Behind an interval a plus repeats it, and a question mark makes it optional if it is of
        // one number; ICU would mean other things.
        if next == "?", !quantifier.contains(",") { continue }
        if take("?") { output += "?" }
      } else if take("?") {
        output += "?"
      } else if take("+") {
        output += "+"
      }
    }
  }

  /// The next quantifier, and whether it is written in braces; `nil` where none comes.
  private mutating func quantifier() throws(PatternFlaw) -> (String, isInterval: Bool)? {
    while try skipsComment() {}
    guard let scalar = next else { return nil }
    if scalar == "*" || scalar == "+" || scalar == "?" {
      position += 1
      return (String(scalar), false)
    }
    guard scalar == "{", let (text, end) = interval() else { return nil }
    position = end
    let bounds = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let (low, high) = (bounds[0] ?? 0, bounds.count == 1 ? bounds[0] : bounds[1])
    if let high, high < low { throw .unsupported("an interval from more to less") }
    guard max(low, high ?? 0) <= 10_000 else { throw .unsupported("an interval above 10000") }
    if bounds.count == 1 { return ("{\(low)}", true) }
    return ("{\(low),\(high.map { String($0) } ?? "")}", true)
  }

  /// What stands in braces if it is an interval, and where it ends.
  private func interval() -> (text: String, end: Int)? {
    var text = ""
    var place = position + 1
    while place < source.count, text.unicodeScalars.count < 12 {
      let scalar = source[place]
      if scalar == "}" {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let isInterval = parts.count <= 2 && parts.contains { !$0.isEmpty }
        return isInterval && (parts.count == 2 || !parts[0].isEmpty) ? (text, place + 1) : nil
      }
      guard "0"..."9" ~= scalar || scalar == "," else { return nil }
      text.unicodeScalars.append(scalar)
      place += 1
    }
    return nil
  }

  // MARK: Writing

  /// Writes `text` of ICU as it is.
  mutating func write(_ text: String) { output += text }

  /// Writes a character out of `set`.
  mutating func write(_ set: ScalarSet) {
    // ICU knows no empty set; nothing stands before the beginning of nothing.
    guard !set.ranges.isEmpty else {
      output += "(?!)"
      return
    }
    output += "["
    for range in set.ranges {
      output += Self.escaped(range.lowerBound)
      if range.count > 1 { output += "-" + Self.escaped(range.upperBound) }
    }
    output += "]"
  }

  /// How ICU writes the character `value`, whatever it is.
  static func escaped(_ value: UInt32) -> String { "\\x{\(String(value, radix: 16))}" }
}
