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
    /// Whether the word behind it is its value: not of a flag, nor of an option of many values.
    let takesOneValue: Bool
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
        takesOneValue: !isFlag && argument["parsingStrategy"]?.string == "default")
      for name in names { entries[name] = entry }
    }
  }

  /// The option with a name such as `--depth` or `-o`.
  subscript(name: String) -> Entry? { entries[name] }

  /// `arguments` with words that begin with a dash and are no options where the parser does not take
  /// them for some: a value, such as a negative number, joined to its option; other texts at the end.
  func separatingValues(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    var texts: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst(), word != "--" {
      if word.hasPrefix("-"), word.contains(" "), !isOption(word) {
        texts.append(word)
        continue
      }
      guard let entry = self[word], entry.takesOneValue, let value = rest.first, value != "--"
      else {
        joined.append(word)
        continue
      }
      if value.hasPrefix("-"), value != "-" {
        guard !isOption(value) else {
          joined.append(word)
          continue
        }
        joined.append("\(entry.name)=\(value)")
      } else {
        joined += [word, value]
      }
      rest.removeFirst()
    }
    texts += rest
    return texts.isEmpty ? joined : joined + ["--"] + texts
  }

  /// Whether `word` is an option of the command, or looks like a mistyped one.
  private func isOption(_ word: String) -> Bool {
    let name = String(word.prefix { $0 != "=" })
    return self[name] != nil || name.wholeMatch(of: /--[a-zA-Z][a-zA-Z-]*/) != nil
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
