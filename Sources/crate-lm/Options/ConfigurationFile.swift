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
enum ConfigurationFile {
  private static let option = "--config"

  /// The arguments, with the options of the file that they name inserted after the subcommand; the
  /// options of a run are not written as arguments.
  ///
  /// - Throws: `FileError` if the file cannot be read, `ValidationError` if it holds anything but
  ///   options of `command`.
  static func expand(_ arguments: [String], of command: any ParsableCommand.Type) throws -> [String]
  {
    let table = OptionTable(command)
    guard let name = arguments.first, let path = path(in: arguments),
      table[option] != nil
    else { return arguments }
    let object = try object(in: FilePath(path))
    if isRun(object) { return arguments }
    return [name] + (try options(in: object, FilePath(path), table)) + arguments.dropFirst()
  }

  /// The record of the run whose `config.json` is at `path`; `nil` if other options are there.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ConfigurationError`.
  static func run(at path: String) throws -> RunRecord? {
    try isRun(object(in: FilePath(path))) ? RunRecord.read(at: FilePath(path)) : nil
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

  private static func options(
    in object: JSONObject, _ path: FilePath, _ table: OptionTable
  ) throws -> [String] {
    var seen: [String: String] = [:]
    return try zip(object.keys, object.values).flatMap { key, value in
      let name = "--" + key.replacing("_", with: "-")
      guard table[name] != nil, name != option else {
        throw ValidationError("\(path): '\(key)' is no option of this command.")
      }
      if let other = seen.updateValue(key, forKey: name) {
        throw ValidationError("\(path): '\(other)' and '\(key)' are the same option; give one.")
      }
      let negation = "--no-" + name.dropFirst(2)
      switch value {
      case .bool(let isSet): return isSet ? [name] : table[negation] == nil ? [] : [negation]
      case .integer(let number): return ["\(name)=\(number)"]
      case .number(let number):
        return ["\(name)=\(Int64(exactly: number).map(String.init) ?? String(number))"]
      case .string(let text): return ["\(name)=\(text)"]
      case .null, .array, .object:
        throw ValidationError(
          "\(path): '\(key)' is \(value.kind), expected a number, a text, true or false.")
      }
    }
  }
}
