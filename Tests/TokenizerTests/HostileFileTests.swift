import Storage
import Testing
import Tokenizer

/// Tokenizer files that are meant to do harm: each gives a clear error, or works in bounded time.
@Suite(.timeLimit(.minutes(3))) struct HostileFileTests {
  private func error(_ text: String) -> String {
    do throws(TokenizerError) {
      _ = try TokenizerFile.parse(Array(text.utf8), path: "x.json")
      return "it was taken"
    } catch {
      return error.description
    }
  }

  /// A `tokenizer.json` whose vocabulary has the bytes and `entries`.
  private func file(
    vocabulary entries: String = "", merges: String = "", added: String = ""
  ) throws -> String {
    let smallest = try BytePairTrainer(
      BytePairTrainer.Options(vocabularySize: 256, specialTokens: [])
    ).train()
    var text = String(decoding: smallest.serialized(), as: UTF8.self)
    func replace(_ old: String, _ new: String) {
      let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
      #expect(parts.count == 2)
      text = parts.joined(separator: new)
    }
    replace(#""vocab": {"#, #""vocab": {\#(entries)"#)
    replace(#""merges": []"#, #""merges": [\#(merges)]"#)
    replace(#""added_tokens": []"#, #""added_tokens": [\#(added)]"#)
    return text
  }

  @Test func idsTwice() throws {
    #expect(
      try error(file(vocabulary: #""ab": 300, "cd": 300,"#)).contains("two tokens have the id"))
  }

  @Test func idsWithGaps() throws {
    let text = try file(vocabulary: #""ab": 4000000,"#, merges: #"["a","b"]"#)
    let tokenizer = try TokenizerFile.parse(Array(text.utf8), path: "x.json")
    #expect(try tokenizer.encode("ab") == [4_000_000])
    #expect(tokenizer.vocabularySize == 4_000_001 && tokenizer.tokenCount == 257)
    #expect(throws: TokenizerError.self) { try tokenizer.decode([3_999_999]) }
  }

  @Test func mergesOfUnknownPieces() throws {
    #expect(try error(file(merges: #"["a","b"]"#)).contains("names an unknown token"))
    #expect(
      try error(file(vocabulary: #""ab": 256,"#, merges: #"["a","b"],["ab","c"]"#))
        .contains("names an unknown token"))
  }

  @Test func emptyTokens() throws {
    #expect(try error(file(added: #"{"id": 256, "content": ""}"#)).contains("no content"))
  }

  @Test(arguments: ["2147483647", "2147483648", "4294967296", "-1", "9223372036854775807"])
  func idsBeyondInt32(_ id: String) throws {
    #expect(try error(file(vocabulary: #""ab": \#(id),"#)).contains("is not between 0 and"))
    let added = try error(file(added: #"{"id": \#(id), "content": "ab"}"#))
    #expect(added.contains("no usable id"))
  }

  @Test func idsBeyondInt64() throws {
    let message = try error(file(vocabulary: #""ab": 99999999999999999999,"#))
    #expect(message.contains("x.json is not a tokenizer file"))
  }

  /// 100,000 added tokens, and a text of which every place begins with one of them or nearly.
  @Test(arguments: [true, false]) func manyAddedTokens(_ isNormalized: Bool) throws {
    let tokens = (0..<100_000).map { index in
      #"{"id": \#(256 + index), "content": "<token \#(index)>", "special": false, "#
        + #""normalized": \#(isNormalized)}"#
    }
    let text = try file(added: tokens.joined(separator: ","))
    let tokenizer = try TokenizerFile.parse(Array(text.utf8), path: "x.json")
    let parts = (0..<20_000).map { "<token \($0 * 5)><token " }
    let ids = try tokenizer.encode(parts.joined())
    let expected = try tokenizer.encode("<token ").count
    #expect(ids.count == 20_000 * (1 + expected))
    #expect(ids[0] == 256 && ids[1 + expected] == 261)
    #expect(tokenizer.spelling(of: 100_255) == "<token 99999>")
  }

  @Test func deepNesting() {
    let half = 25_000_000
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let count = half / open.utf8.count
      let text =
        String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
      #expect(error(text).contains("x.json is not a tokenizer file"))
    }
  }

  /// 50 MB that are nested as deep as is allowed, again and again.
  @Test func muchNesting() {
    let depth = 100
    let one = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let text = "[" + String(repeating: one + ",", count: 50_000_000 / (2 * depth + 1)) + "1]"
    #expect(error(text).contains("x.json is not a tokenizer file"))
  }

  /// At each place of a text all of a token may be compared.
  @Test func longAddedTokens() throws {
    let content = String(repeating: "a", count: 4096)
    let text = try file(added: #"{"id": 256, "content": "\#(content)", "special": false}"#)
    let tokenizer = try TokenizerFile.parse(Array(text.utf8), path: "x.json")
    #expect(try tokenizer.encode(content + "a").first == 256)
    #expect(
      try tokenizer.encode(String(repeating: content.dropLast() + "b", count: 20)).count == 81920)
    let longer = try file(added: #"{"id": 256, "content": "\#(content)a", "special": false}"#)
    #expect(error(longer).contains("4097 bytes"))
  }
}
