import Storage
import SystemPackage

/// A line of a `.jsonl` file with an example of a task.
struct TaskLine {
  let path: FilePath
  /// Counted from 1.
  let number: Int
  private let object: JSONObject

  /// Calls `body` with every line of `inputs`, files or directories of `.jsonl` files.
  ///
  /// - Parameters:
  ///   - inputs: paths; `-` is standard input.
  ///   - example: what a line holds, for the error where there is none.
  ///   - read: told how many bytes of how many are read, where that is known.
  ///   - body: told the lines that are not empty.
  /// - Throws: `FileError`, ``InputError``, and what `body` throws.
  static func forEach(
    of inputs: [String], example: String, read: (_ done: Int, _ all: Int?) -> Void,
    _ body: (TaskLine) throws -> Void
  ) throws {
    let files = try inputs.flatMap { input in
      let files = try InputFile.files(of: [input])
      let isDirectory = files.first?.path != FilePath(input)
      return isDirectory ? files.filter { $0.layout == .lines } : files
    }
    let sizes = files.map(\.byteCount)
    let all = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
    var (finished, count) = (0, 0)
    for file in files {
      let stream = try TextStream(file)
      var number = 1
      while let bytes = try stream.line(number) {
        if bytes.contains(where: { !" \t\r".utf8.contains($0) }) {
          try body(TaskLine(bytes, path: file.path, number: number))
          count += 1
        }
        read(finished + stream.readByteCount, all)
        number += 1
      }
      finished += stream.readByteCount
    }
    guard count > 0 else { throw InputError.noExamples(inputs, expected: example) }
  }

  private init(_ bytes: [UInt8], path: FilePath, number: Int) throws(InputError) {
    self.path = path
    self.number = number
    do {
      let json = try JSONValue.parse(bytes)
      guard let object = json.object else {
        throw InputError.malformedLine(
          path, line: number, reason: "expected an object, found \(json.kind)")
      }
      self.object = object
    } catch let error as JSONError {
      throw .malformedLine(path, line: number, reason: "expected JSON; \(error)")
    } catch {
      throw error as? InputError
        ?? .malformedLine(path, line: number, reason: "expected JSON; \(error)")
    }
  }

  /// The value of the field `name`, if it is there.
  subscript(name: String) -> JSONValue? { object[name] }

  /// The text in the field `name`.
  ///
  /// - Throws: ``InputError/malformedLine(_:line:reason:)``.
  func text(_ name: String) throws(InputError) -> String {
    guard let text = object[name]?.string else { throw missing("a text", name) }
    return text
  }

  /// The error of a line without `expected` in the field `name`.
  func missing(_ expected: String, _ name: String) -> InputError {
    let found =
      if let value = object[name] {
        "\(value.kind) in it"
      } else if object.keys.isEmpty {
        "no fields"
      } else {
        "only the fields \(object.keys.joined(separator: ", "))"
      }
    return error("expected \(expected) in the field \(name), found \(found)")
  }

  /// An error of this line.
  func error(_ reason: String) -> InputError {
    .malformedLine(path, line: number, reason: reason)
  }
}
