import Storage

/// The one JSON document that a reporting command prints with `--json`.
enum JSONOutput {
  /// Prints `value` on standard output.
  static func print(_ value: JSONValue) throws {
    try StandardOutput.write(
      String(decoding: value.serialized(.pretty), as: UTF8.self) + "\n")
  }
}

extension JSONValue {
  /// An object of `members`.
  static func members(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    .object(JSONObject(members))
  }

  /// An integer.
  static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }

  /// A list of ids.
  static func ids(_ ids: [Int32]) -> JSONValue { .array(ids.map { .integer(Int64($0)) }) }
}
