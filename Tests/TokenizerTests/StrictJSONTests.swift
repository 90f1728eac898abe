import Storage
import Testing

@Suite struct StrictJSONTests {
  @Test(arguments: [
    ("null", JSONValue.null), (" true ", .bool(true)), ("\t\r\n false", .bool(false)),
    ("0", .integer(0)), ("-17", .integer(-17)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ("0.1", .number(0.1)), ("1e2", .number(100)), ("-2.5E-3", .number(-0.0025)),
    ("1E+2", .number(100)), ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-400", .number(0)),
    ("\"\"", .string("")), ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", .string("a\"\\/\u{8}\u{C}\n\r\tz")),
    ("\"\\u00e9\\u0000\\uD83D\\uDE00\"", .string("\u{e9}\u{0}😀")),
    ("\"é\u{7f}\"", .string("é\u{7f}")),
    ("[]", .array([])), ("[ ]", .array([])),
    ("[1, [2], []]", .array([.integer(1), .array([.integer(2)]), .array([])])),
    ("{}", .object(JSONObject())),
    ("{ \"a\" : { } }", .object(JSONObject([("a", .object(JSONObject()))]))),
  ])
  func accepts(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONValue.parse(Array(text.utf8)) == value)
  }

  @Test func keepsTheSignOfZero() throws {
    let value = try JSONValue.parse(Array("-0".utf8))
    #expect(value.double?.sign == .minus)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "1 2", "NaN",
    "Infinity", "1e999", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\n\"", "\"\t\"",
    "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800x\"", "\"\\uD800\\u0041\"", "'a'", "[", "]", "[1",
    "[1,",
    "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
    "{a:1}", "{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "\u{feff}1", "1\u{0}", "/* */ 1", "[1]]", "{}{}",
  ])
  func rejects(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
  }

  @Test(arguments: [
    [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
  ])
  func rejectsWhatIsNotUTF8(_ bytes: [UInt8]) {
    #expect(throws: JSONError(kind: .invalidUTF8, offset: 1)) { try JSONValue.parse(bytes) }
  }

  @Test func namesTheOffset() {
    #expect(throws: JSONError(kind: .duplicateKey("a"), offset: 7)) {
      try JSONValue.parse(Array("{\"a\":1,\"a\":2}".utf8))
    }
    #expect(throws: JSONError(kind: .unexpectedByte(0x7D, expected: "a value"), offset: 5)) {
      try JSONValue.parse(Array("{\"a\":}".utf8))
    }
  }

  @Test func boundsTheDepth() throws {
    let limit = JSONValue.nestingLimit
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    _ = try JSONValue.parse(nested(limit))
    #expect(throws: JSONError(kind: .tooDeep(limit: limit), offset: limit)) {
      try JSONValue.parse(nested(limit + 1))
    }
    #expect(throws: JSONError.self) {
      try JSONValue.parse([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
    }
    // Siblings do not add up.
    let many = "[" + String(repeating: "[],{},", count: 1000) + "0]"
    _ = try JSONValue.parse(Array(many.utf8))
  }

  @Test func keepsKeysApartThatAreOnlyCanonicallyEqual() throws {
    let value = try JSONValue.parse(Array("{\"\\u00e9\":1,\"e\\u0301\":2}".utf8))
    let object = try #require(value.object)
    #expect(object.count == 2)
    #expect(object["\u{e9}"] == .integer(1))
    #expect(object["e\u{301}"] == .integer(2))
    #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
  }

  @Test func keepsOrderAndFindsKeysOfLargeObjects() throws {
    let keys = (0..<50_000).map { "key\($0 &* 7919 % 50_000)" }
    let text = "{" + keys.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try JSONValue.parse(Array(text.utf8)).object)
    #expect(object.keys == keys)
    #expect(object["key49999"]?.integer == keys.firstIndex(of: "key49999").map(Int64.init))
    #expect(object["key50000"] == nil)
  }

  @Test func writesCompactAndPretty() {
    let value = JSONValue.object(
      JSONObject([
        ("a", .array([.integer(1), .number(2.5), .null])), ("b", .object(JSONObject())),
        ("c", .array([])), ("d\n", .string("\"\\\u{1}\u{1f}é/")), ("e", .number(.infinity)),
      ]))
    #expect(
      String(decoding: value.serialized(), as: UTF8.self)
        == #"{"a":[1,2.5,null],"b":{},"c":[],"d\n":"\"\\\u0001\u001fé/","e":null}"#)
    #expect(
      String(decoding: value.serialized(.pretty), as: UTF8.self) == """
        {
          "a": [
            1,
            2.5,
            null
          ],
          "b": {},
          "c": [],
          "d\\n": "\\"\\\\\\u0001\\u001fé/",
          "e": null
        }
        """)
  }

  @Test func readsWhatItWrites() throws {
    for name in ["encodings.json", "normalization.json", "bpe-none.json"] {
      let value = try Fixture.json(name)
      #expect(try JSONValue.parse(value.serialized()) == value)
      #expect(try JSONValue.parse(value.serialized(.pretty)) == value)
    }
  }
}
