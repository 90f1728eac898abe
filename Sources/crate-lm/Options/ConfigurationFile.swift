import ArgumentParser
import Storage
import SystemPackage

/// Options in a file, for `--config`: a JSON object whose keys are the names of options.
///
/// `{"depth": 4, "learning_rate": 0.001, "overwrite": true}` stands for
/// `--depth 4 --learning-rate 0.001 --overwrite`. The file's options come before those of the
/// command line; if an option is given twice, the last one counts.
enum ConfigurationFile {
  private static let option = "--config"

  /// The arguments, with the options of the file that they name inserted after the subcommand.
  ///
  /// - Throws: `FileError` if the file cannot be read, `ValidationError` if it holds anything but
  ///   options.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard let command = arguments.first, let path = path(in: arguments) else { return arguments }
    return [command] + (try options(in: FilePath(path))) + arguments.dropFirst()
  }

  private static func path(in arguments: [String]) -> String? {
    if let place = arguments.firstIndex(of: option), place + 1 < arguments.count {
      return arguments[place + 1]
    }
    let prefix = option + "="
    return arguments.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  private static func options(in path: FilePath) throws -> [String] {
    let value: JSONValue
    do {
      value = try JSONValue.parse(FileContents.readStream(path))
    } catch let error as JSONError {
      throw ValidationError("\(path) is not JSON: \(error).")
    }
    guard let object = value.object else {
      throw ValidationError("\(path) holds \(value.kind), expected an object of options.")
    }
    return try zip(object.keys, object.values).flatMap { key, value in
      let name = "--" + key.replacing("_", with: "-")
      switch value {
      case .bool(let isSet): return isSet ? [name] : []
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
