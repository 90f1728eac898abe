import ArgumentParser
import Files
import StrictJSON
import SystemPackage

/// Options in a file, for `--config`: a JSON object whose keys are the names of options.
///
/// `{"depth": 4, "learning_rate": 0.001, "overwrite": true}` stands for
/// `--depth 4 --learning-rate 0.001 --overwrite`. An option that the command line gives too is
/// taken from there.
enum ConfigurationFile {
  private static let option = "--config"

  /// The arguments and those options of the file that they name which they do not give.
  ///
  /// - Throws: `FileError` where the file cannot be read, `ValidationError` where it holds
  ///   something else than options.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard let command = arguments.first, let path = path(in: arguments) else { return arguments }
    let given = Set(arguments.map { $0.prefix { $0 != "=" } })
    return [command]
      + (try options(in: FilePath(path)).filter { !given.contains($0.name[...]) }.flatMap(\.words))
      + arguments.dropFirst()
  }

  private static func path(in arguments: [String]) -> String? {
    if let place = arguments.firstIndex(of: option), place + 1 < arguments.count {
      return arguments[place + 1]
    }
    let prefix = option + "="
    return arguments.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  /// An option as words of a command line.
  private struct Option {
    let name: String
    var value: String?

    var words: [String] { [name] + (value.map { [$0] } ?? []) }
  }

  private static func options(in path: FilePath) throws -> [Option] {
    let value: JSONValue
    do {
      value = try JSONValue.parse(FileContents.read(path))
    } catch let error as JSONError {
      throw ValidationError("\(path) is not JSON: \(error).")
    }
    guard let object = value.object else {
      throw ValidationError("\(path) holds \(value.kind), expected an object of options.")
    }
    return try zip(object.keys, object.values).compactMap { key, value in
      let name = "--" + key.replacing("_", with: "-")
      switch value {
      case .bool(let isSet): return isSet ? Option(name: name) : nil
      case .integer(let number): return Option(name: name, value: String(number))
      case .number(let number): return Option(name: name, value: String(number))
      case .string(let text): return Option(name: name, value: text)
      case .null, .array, .object:
        throw ValidationError(
          "\(path): '\(key)' is \(value.kind), expected a number, a text, true or false.")
      }
    }
  }
}
