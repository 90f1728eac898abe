import CRATELM
import Parallel
import Testing

@Suite struct CausalityTests {
  /// Changing a token leaves the logits before it bit for bit the same, and changes those after.
  @Test(arguments: [0, 1, 40, 69]) func laterTokensDoNotReachBack(changed: Int) throws {
    let context = 70
    let model = try LanguageModel(
      ModelConfiguration(
        depth: 2, width: 32, headCount: 4, contextLength: context, vocabularySize: 50),
      seed: 1)
    let network = try Network(
      model, shape: BatchShape(sequences: 1, context: context), purpose: .inference,
      workers: Workers(threads: 2))
    var ids = (0..<Int32(context)).map { $0 * 7 % 50 }
    func logits() -> [Float] {
      network.logits(inputs: ids, rows: 0..<context).elements
    }
    let before = logits()
    ids[changed] = (ids[changed] + 1) % 50
    let after = logits()
    #expect(before[..<(changed * 50)] == after[..<(changed * 50)])
    #expect(before[(changed * 50)...] != after[(changed * 50)...])
  }
}
