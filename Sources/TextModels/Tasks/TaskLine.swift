import Storage
import SystemPackage

/// A line of a `.jsonl` file with an example of a task.
struct TaskLine {
  let path: FilePath
  /// The number of the line, from 1.
  let number: Int
  private let object: JSONObject

  /// Calls `body` with every line of `inputs`, files or directories of `.jsonl` files.
  ///
  /// - Parameters:
  ///   - inputs: paths; `-` is standard input.
  ///   - example: the content of a line, for the error if there is none.
  ///   - progress: called with the number of bytes read.
  ///   - body: called with every line that is not blank.
  /// - Throws: `FileError`, ``InputError``, and what `body` throws.
  static func forEach(
    of inputs: [FilePath], example: String, progress: (ScoringProgress) -> Void,
    _ body: (TaskLine) throws -> Void
  ) throws {
    let files = try inputs.flatMap { input in
      let files = try InputCollector([input], TextForm()).texts
      let isDirectory = files.first?.path != input
      return isDirectory ? files.filter { $0.layout == .jsonl } : files
    }
    let all = files.byteCount
    var (finished, count) = (0, 0)
    for file in files {
      let stream = try TextStream(file)
      var number = 1
      while let bytes = try stream.line(number) {
        if bytes.contains(where: { !" \t\r".utf8.contains($0) }) {
          try body(TaskLine(bytes, path: file.path, number: number))
          count += 1
        }
        progress(.read(finished + stream.readByteCount, of: all))
        number += 1
      }
      finished += stream.readByteCount
    }
    guard count > 0 else { throw InputError.noExamples(inputs, expected: example) }
  }

  private init(_ bytes: [UInt8], path: FilePath, number: Int) throws(InputError) {
    self.path = path
    self.number = number
    let json = try JSONValue.parse(line: bytes, number, of: path)
    guard let object = json.object else {
      throw .malformedLine(path, line: number, reason: "expected an object, found \(json.kind)")
    }
    self.object = object
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

  /// The error for a line without `expected` in the field `name`.
  func missing(_ expected: String, _ name: String) -> InputError {
    error("expected \(expected) in the field \(name), found \(object.found(in: name))")
  }

  /// An error in this line.
  func error(_ reason: String) -> InputError {
    .malformedLine(path, line: number, reason: reason)
  }
}
