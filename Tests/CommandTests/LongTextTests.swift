import Storage
import SystemPackage
import Testing

/// Long texts are cut for their reader where that changes no token.
@Suite struct LongTextTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  /// The ids of `text`, packed with `tokenizer`.
  private func packed(_ text: String, _ tokenizer: String) throws -> [Int64] {
    try folder.write(text, to: "long.txt")
    let result = try Program.run([
      "data", "pack", folder("long.txt"), "--tokenizer", tokenizer, "-o", folder("data"),
      "--validation", "0", "--overwrite",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let ids = try Program.run(["data", "read", folder("data")]).output
    return ids.split { $0.isWhitespace }.compactMap { Int64($0) }
  }

  private func encoded(_ text: String, _ tokenizer: String) throws -> [Int64] {
    let report = try Program.run([
      "tokenizer", "encode", "--text", text, "--tokenizer", tokenizer, "--json",
    ]).json()
    return report["ids"]?.array?.compactMap(\.integer) ?? []
  }

  /// An added token with a space in it is found wherever it stands.
  @Test func addedTokens() throws {
    let file = shop.path.appending("tokenizer").appending("tokenizer.json")
    let json = try JSONValue.parse(FileContents.read(file))
    let members = try #require(json.object)
    let added = try JSONValue.parse(
      Array(
        """
        {"id": 400, "content": "New York", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": true, "special": false}
        """.utf8))
    let changed = members.keys.map { key -> (key: String, value: JSONValue) in
      let value = members[key] ?? .null
      return (key, key == "added_tokens" ? .array((value.array ?? []) + [added]) : value)
    }
    try folder.write(
      String(decoding: JSONValue.object(JSONObject(changed)).serialized(), as: UTF8.self),
      to: "added.json")
    let ids = try packed(String(repeating: "New York ", count: 100_000), folder("added.json"))
    #expect(ids.count { $0 == 400 } == 100_000)
  }

  /// 17 MB of Windows' lines of a word: every line has the same ids.
  @Test func windowsLines() throws {
    let line = "hello\r\n"
    let few = try encoded(String(repeating: line, count: 10), shop("tokenizer"))
    let more = try encoded(String(repeating: line, count: 11), shop("tokenizer"))
    let ids = try packed(String(repeating: line, count: 2_500_000), shop("tokenizer"))
    // The token that ends a document is the last one.
    #expect(ids.count == few.count + (2_500_000 - 10) * (more.count - few.count) + 1)
  }
}
