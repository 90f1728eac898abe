import Storage

/// The outcome of a command, for people and for programs.
protocol Report {
  /// Lines, each with its newline.
  var text: String { get }
  /// The object that `--json` prints.
  var fields: JSONFields { get }
}

/// The members of a JSON object in the order in which they are printed.
struct JSONFields: ExpressibleByDictionaryLiteral, JSONRepresentable {
  private var members: [(key: String, value: JSONValue)]

  init(dictionaryLiteral members: (String, any JSONRepresentable)...) {
    self.members = members.map { (key: $0, value: $1.json) }
  }

  var json: JSONValue { .object(JSONObject(members)) }

  /// The members of both, the left ones first.
  static func + (left: JSONFields, right: JSONFields) -> JSONFields {
    var sum = left
    sum += right
    return sum
  }

  /// Appends the members of `right`.
  static func += (left: inout JSONFields, right: JSONFields) { left.members += right.members }
}

/// A value with a form in JSON.
protocol JSONRepresentable {
  var json: JSONValue { get }
}

extension Bool: JSONRepresentable { var json: JSONValue { .bool(self) } }
extension Int: JSONRepresentable { var json: JSONValue { .integer(Int64(self)) } }
extension Int32: JSONRepresentable { var json: JSONValue { .integer(Int64(self)) } }
extension Double: JSONRepresentable { var json: JSONValue { .number(self) } }
extension String: JSONRepresentable { var json: JSONValue { .string(self) } }

extension UInt64: JSONRepresentable {
  /// The signed integer of the same bits: a seed is below 2⁶³ and stays itself.
  var json: JSONValue { .integer(Int64(bitPattern: self)) }
}

extension Optional: JSONRepresentable where Wrapped: JSONRepresentable {
  var json: JSONValue { map(\.json) ?? .null }
}

extension Array: JSONRepresentable where Element: JSONRepresentable {
  var json: JSONValue { .array(map(\.json)) }
}
