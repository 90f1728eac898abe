import Testing
import Tokenizer

/// What is fast gives what the definition gives.
@Suite struct ReferenceMergeTests {
  /// The words of the example in the documentation.
  private static let words = [("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)]

  private func ids(_ word: String) -> [TokenID] { word.utf8.map(TokenID.init) }

  @Test func theExampleIsAsItIsWritten() {
    let merges = ReferenceMerge.learn(
      Self.words.map { (ids($0.0), $0.1) }, next: 256, limit: 3)
    func id(_ character: Character) -> TokenID { TokenID(character.asciiValue ?? 0) }
    #expect(
      merges == [
        Merge(left: id("u"), right: id("g"), result: 256),
        Merge(left: id("u"), right: id("n"), result: 257),
        Merge(left: id("h"), right: 256, result: 258),
      ])
    #expect(ReferenceMerge.encode(ids("bug"), by: merges) == [id("b"), 256])
    #expect(ReferenceMerge.encode(ids("hugs"), by: merges) == [258, id("s")])
    #expect(ReferenceMerge.encode(ids("aa"), by: merges) == ids("aa"))
  }

  /// Words of one document each, so that nothing but merging is compared.
  @Test func theTrainerLearnsTheSameMerges() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<20 {
      let words = (0..<30).map { _ in
        String(
          (0..<Int.random(in: 1...12, using: &generator)).map { _ in
            ["a", "b", "c", "d"].randomElement(using: &generator) ?? "a"
          })
      }
      var options = BytePairTrainer.Options(vocabularySize: 256 + 20, specialTokens: [])
      options.threadCount = 2
      var trainer = try BytePairTrainer(options)
      for word in words {
        try trainer.append(Array(word.utf8))
        try trainer.finishDocument()
      }
      let tokenizer = try trainer.train()
      let byteIDs = (UInt8.min...UInt8.max).map { tokenizer.id(of: [$0]) ?? -1 }
      let merges = ReferenceMerge.learn(
        words.map { ($0.utf8.map { byteIDs[Int($0)] }, 1) }, next: 256, limit: 20)
      // A token that comes about in two ways has one id, which the definition leaves open.
      let made = merges.map { merge in bytes(of: merge.result, merges, tokenizer) }
      guard Set(made).count == made.count else { continue }
      #expect(tokenizer.merges == merges)
    }
  }

  private func bytes(
    of id: TokenID, _ merges: [Merge], _ tokenizer: ByteLevelBPETokenizer
  ) -> [UInt8] {
    guard let merge = merges.first(where: { $0.result == id }) else {
      return tokenizer.bytes(of: id) ?? []
    }
    return bytes(of: merge.left, merges, tokenizer) + bytes(of: merge.right, merges, tokenizer)
  }

  /// Short pieces are merged by a loop in C, those of more than 240 bytes with a heap.
  @Test(arguments: [3, 12, 100, 239, 240, 241, 700])
  func encodersMergeInTheSameOrder(_ length: Int) throws {
    let tokenizer = try Fixture.tokenizer("none")
    let byteIDs = (UInt8.min...UInt8.max).map { tokenizer.id(of: [$0]) ?? -1 }
    var generator = SeededGenerator(seed: UInt64(length))
    for _ in 0..<20 {
      let letters = Array("etaoinshrdlu".utf8)
      let word = (0..<length).map { _ in letters.randomElement(using: &generator) ?? 0 }
      let expected = ReferenceMerge.encode(
        word.map { byteIDs[Int($0)] }, by: tokenizer.merges)
      #expect(try tokenizer.encode(word) == expected)
    }
  }
}
