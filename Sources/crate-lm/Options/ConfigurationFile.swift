import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// Options in a file, for `--config`: a JSON object whose keys are the names of options, or the
/// `config.json` of a run.
///
/// `{"depth": 4, "learning_rate": 0.001, "overwrite": true}` stands for
/// `--depth 4 --learning-rate 0.001 --overwrite`. The file's options come before those of the
/// command line, of which the last one counts.
struct ConfigurationFile {
  /// A key with what it stands for.
  private struct Member {
    let key: String
    /// The option's longest name.
    let name: String
    let arguments: [String]
  }

  private let path: String
  /// The keys whose options the command line does not give itself.
  private let members: [Member]

  private static let option = "--config"

  /// The file that `arguments` name; `nil` if they name none, or the configuration of a run.
  ///
  /// - Throws: `FileError` if the file cannot be read, `ValidationError` if it holds anything but
  ///   options of `table`.
  init?(namedIn arguments: [String], _ table: OptionTable) throws {
    guard let path = Self.path(in: arguments), table[Self.option] != nil else { return nil }
    let object = try Self.object(in: RawBytes.path(path))
    if Self.isRun(object) { return nil }
    self.path = path
    let given = Set(arguments.compactMap { table[String($0.prefix { $0 != "=" })]?.name })
    members = try Self.members(of: object, path, table).filter { !given.contains($0.name) }
  }

  /// `arguments` with the options of the file inserted after the subcommand.
  func expand(_ arguments: [String]) -> [String] {
    arguments.prefix(1) + members.flatMap(\.arguments) + arguments.dropFirst()
  }

  /// `message` with the file and its keys before it, if it names options that they set; otherwise
  /// `nil`.
  func locate(_ message: String) -> String? {
    let words = Set(message.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
    let keys = members.filter { words.contains($0.name) }.map { "'\($0.key)'" }
    return keys.isEmpty ? nil : "\(path): \(keys.joined(separator: ", ")): \(message)"
  }

  /// The record of the run whose `config.json` is at `path`; `nil` if other options are there.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  static func run(at path: String) throws -> RunRecord? {
    try isRun(object(in: RawBytes.path(path))) ? RunRecord.read(at: RawBytes.path(path)) : nil
  }

  private static func isRun(_ object: JSONObject) -> Bool { object["model"]?.object != nil }

  private static func path(in arguments: [String]) -> String? {
    if let place = arguments.firstIndex(of: option), place + 1 < arguments.count {
      return arguments[place + 1]
    }
    let prefix = option + "="
    return arguments.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  private static func object(in path: FilePath) throws -> JSONObject {
    if FileSystem.kind(of: path) == .directory {
      throw FileError.wrongKind(
        path, expected: "a file of options", remedy: "for those of a run give \(path)/config.json")
    }
    let value: JSONValue
    do {
      value = try JSONValue.parse(FileContents.readStream(path))
    } catch let error as JSONError {
      throw ValidationError("\(path) is not JSON: \(error).")
    }
    guard let object = value.object else {
      throw ValidationError("\(path) holds \(value.kind), expected an object of options.")
    }
    return object
  }

  private static func members(
    of object: JSONObject, _ path: String, _ table: OptionTable
  ) throws -> [Member] {
    var seen: [String: String] = [:]
    return try zip(object.keys, object.values).map { key, value in
      let name = "--" + key.replacing("_", with: "-")
      guard let entry = table[name], name != option else {
        throw ValidationError("\(path): '\(key)' is no option of this command.")
      }
      if let other = seen.updateValue(key, forKey: name) {
        throw ValidationError("\(path): '\(other)' and '\(key)' are the same option; give one.")
      }
      let negation = "--no-" + name.dropFirst(2)
      let arguments: [String]
      switch value {
      case .bool(let isSet): arguments = isSet ? [name] : table[negation] == nil ? [] : [negation]
      case .array(let values) where entry.isRepeating:
        arguments = try values.map { try "\(name)=\(text(of: $0, key, path))" }
      default: arguments = ["\(name)=\(try text(of: value, key, path))"]
      }
      return Member(key: key, name: entry.name, arguments: arguments)
    }
  }

  /// A number or a text as an argument.
  private static func text(of value: JSONValue, _ key: String, _ path: String) throws -> String {
    switch value {
    case .integer(let number): return "\(number)"
    case .number(let number): return Int64(exactly: number).map(String.init) ?? String(number)
    case .string(let text): return text
    case .bool, .null, .array, .object:
      throw ValidationError(
        "\(path): '\(key)' is \(value.kind), expected a number, a text, true or false.")
    }
  }
}
