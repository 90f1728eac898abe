/// Writes elements of SVG and HTML.
struct MarkupWriter {
  private(set) var output = ""

  mutating func open(_ name: String, _ attributes: [(String, String)] = []) {
    output += "<\(name)\(Self.text(of: attributes))>\n"
  }

  /// Appends markup that is escaped already.
  mutating func raw(_ markup: String) { output += markup }

  mutating func close(_ name: String) { output += "</\(name)>\n" }

  mutating func element(
    _ name: String, _ attributes: [(String, String)] = [], text: String? = nil
  ) {
    let start = "<\(name)\(Self.text(of: attributes))"
    output += text.map { "\(start)>\(Self.escaped($0))</\(name)>\n" } ?? "\(start)/>\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, class name: String = "", anchor: String = "start",
    turned: Bool = false
  ) {
    guard !text.isEmpty else { return }
    var attributes = [("x", Self.number(x)), ("y", Self.number(y)), ("text-anchor", anchor)]
    if !name.isEmpty { attributes.append(("class", name)) }
    if turned {
      attributes.append(("transform", "rotate(-90 \(Self.number(x)) \(Self.number(y)))"))
    }
    element("text", attributes, text: text)
  }

  mutating func line(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double), class name: String) {
    element(
      "line",
      [
        ("class", name), ("x1", Self.number(a.x)), ("y1", Self.number(a.y)),
        ("x2", Self.number(b.x)), ("y2", Self.number(b.y)),
      ])
  }

  /// A coordinate, to a tenth of a unit.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }

  /// `text` as the content of an element or of an attribute in double quotes; characters that XML
  /// forbids become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result += "&#\(scalar.value);"
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func text(of attributes: [(String, String)]) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }
}
