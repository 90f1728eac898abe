import ArgumentParser
import Storage

/// The options of a command, by their names.
struct OptionTable {
  /// An option or flag.
  struct Entry {
    /// Its longest name, with dashes.
    let name: String
    /// Whether it may be given several times; a flag says the same each time.
    let isRepeating: Bool
    /// Whether the word behind it is its value.
    let takesOneValue: Bool
    /// Whether all words behind it, up to the next option, are its values.
    let takesManyValues: Bool
  }

  private var entries: [String: Entry] = [:]
  /// The arguments without a name, such as `<model>`.
  private(set) var plainArguments: [String] = []

  /// Reads the parser's description of `command`.
  init(_ command: any ParsableCommand.Type) {
    let description = try? JSONValue.parse(Array(command._dumpHelp().utf8))
    let arguments = description?.object?["command"]?.object?["arguments"]?.array ?? []
    for argument in arguments.compactMap(\.object) {
      let names = (argument["names"]?.array ?? []).compactMap { name -> String? in
        guard let text = name.object?["name"]?.string else { return nil }
        return name.object?["kind"]?.string == "long" ? "--\(text)" : "-\(text)"
      }
      guard let name = names.max(by: { $0.count < $1.count }) else {
        plainArguments += (argument["valueName"]?.string).map { ["<\($0)>"] } ?? []
        continue
      }
      let isFlag = argument["kind"]?.string == "flag"
      let entry = Entry(
        name: name, isRepeating: isFlag || argument["isRepeating"] == .bool(true),
        takesOneValue: !isFlag && argument["parsingStrategy"]?.string == "default",
        takesManyValues: argument["parsingStrategy"]?.string == "upToNextOption")
      for name in names { entries[name] = entry }
    }
  }

  /// The option with a name such as `--depth` or `-o`.
  subscript(name: String) -> Entry? { entries[name] }

  /// `arguments` as the parser reads them: a value that begins with a dash, such as a negative number,
  /// is joined to its option; a text that begins with one stands, with the plain words behind it, at
  /// the end behind `--`.
  func separatingValues(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    var texts: [String] = []
    var rest = arguments[...]
    // Within the values of an option of many, the parser's own error names it.
    var isAmongMany = false
    while let word = rest.popFirst(), word != "--" {
      if let entry = self[String(word.prefix { $0 != "=" })] {
        isAmongMany = entry.takesManyValues
        joined.append(word)
        guard entry.takesOneValue, !word.contains("="), let value = rest.first else { continue }
        if isDashedValue(value) {
          joined[joined.count - 1] = "\(entry.name)=\(value)"
        } else if value.hasPrefix("-"), value != "-" {
          continue
        } else {
          joined.append(value)
        }
        rest.removeFirst()
      } else if !isAmongMany,
        isDashedValue(word) && word.contains(" ") || !texts.isEmpty && !word.hasPrefix("-")
      {
        texts.append(word)
      } else {
        joined.append(word)
      }
    }
    texts += rest
    return texts.isEmpty ? joined : joined + ["--"] + texts
  }

  /// Whether `word` begins with a dash and is a number or a text of several words, not an option.
  private func isDashedValue(_ word: String) -> Bool {
    guard word.hasPrefix("-"), self[String(word.prefix { $0 != "=" })] == nil else { return false }
    return word.contains(" ") || word.prefixMatch(of: /-[.]?[0-9]/) != nil
  }

  /// Refuses `arguments` that give an option several times which is expected once.
  ///
  /// - Throws: `ValidationError` with the values.
  func requireSingle(_ arguments: [String]) throws {
    var values: [String: [String]] = [:]
    for (index, argument) in arguments.prefix(while: { $0 != "--" }).enumerated() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let entry = parts.first.flatMap({ self[String($0)] }), !entry.isRepeating else {
        continue
      }
      let value = parts.count > 1 ? String(parts[1]) : arguments.dropFirst(index + 1).first
      values[entry.name, default: []].append(value ?? "")
    }
    for (name, values) in values.sorted(by: { $0.key < $1.key }) where values.count > 1 {
      let list = values.map { "'\($0)'" }.joined(separator: " and ")
      throw ValidationError("\(name) is given \(values.count) times, as \(list); expected once.")
    }
  }
}
