import CRATELM
import SystemPackage
import Testing

@Suite struct PerplexityEvaluationTests {
  private let size = 30
  private let context = 8

  private func model(_ objective: Objective = .causal) throws -> LanguageModel {
    try LanguageModel(
      ModelConfiguration(
        objective: objective, depth: 1, width: 16, headCount: 2, contextLength: context,
        vocabularySize: size), seed: 2)
  }

  private func evaluate(
    _ model: LanguageModel, _ documents: [[Int32]], _ evaluationProtocol: EvaluationProtocol,
    byteCounts: [Int], prefix: Int32?, context: Int? = nil, bytes: (([Int32]) -> Int)? = nil
  ) throws -> PerplexityEvaluation.Result? {
    let objective = model.configuration.objective
    let evaluation = try PerplexityEvaluation(
      scorer: Scorer(
        model: model, vocabulary: objective.frame != .none ? .forTests(size: size) : nil, threads: 2
      ),
      evaluationProtocol: evaluationProtocol, contextLength: context ?? self.context,
      vocabulary: .init(
        spelledBytes: SpelledBytes(byteCounts), beginning: prefix, endOfDocument: prefix, unknown: 4
      )
    ) { _ in }
    for document in documents {
      for start in stride(from: 0, to: document.count, by: 7) {
        try evaluation.append(Array(document[start..<min(start + 7, document.count)]))
      }
      let spelled = document.reduce(0) { $0 + byteCounts[Int($1)] }
      try evaluation.endDocument(bytes: bytes?(document) ?? spelled, words: document.count + 1)
    }
    return try evaluation.finish()
  }

  private let documents: [[Int32]] = [
    (0..<21).map { 6 + $0 * 7 % 24 }, [], [4, 9], (0..<8).map { 29 - $0 },
  ]
  private let byteCounts = (0..<30).map { $0 == 0 ? 0 : $0 % 7 + 1 }

  /// Every token after the prefix once; the words and bytes of the original, those of empty
  /// documents too.
  @Test func documentsAreSummed() throws {
    let model = try model()
    let result = try #require(
      try evaluate(model, documents, .document, byteCounts: byteCounts, prefix: 0) { $0.count * 5 })
    let scorer = try Scorer(model: model, threads: 1)
    let losses = try documents.map { document in
      -(try scorer.logProbabilities(of: [0] + document)).reduce(0) { $0 + ($1 ?? 0) }
    }
    #expect(abs(result.report.totalLoss - losses.reduce(0, +)) < 1e-4)
    #expect(result.report.tokens == 31)
    #expect(result.report.bytes == 155)
    #expect(result.report.words == 35)
    #expect(result.documents == 4)
    #expect(result.unknownTokens == 1)
    #expect(result.unit == .documents)
    #expect(result.parts.map(\.tokens) == [21, 0, 2, 8])
    #expect(result.parts.map(\.bytes) == [105, 0, 10, 40])
    #expect(zip(result.parts, losses).allSatisfy { abs($0.loss - $1) < 1e-4 })
  }

  /// Where the first token has no score, its bytes do not count.
  @Test func whatIsNotScoredDoesNotCount() throws {
    let model = try model()
    for evaluationProtocol in [EvaluationProtocol.document, .sliding(stride: 3)] {
      let result = try #require(
        try evaluate(
          model, [documents[0]], evaluationProtocol, byteCounts: byteCounts, prefix: nil))
      let spelled = documents[0].dropFirst().reduce(0) { $0 + byteCounts[Int($1)] }
      #expect(result.report.bytes == spelled)
      #expect(result.report.tokens == 20)
      #expect(result.unit == .windows)
      #expect(abs(result.parts.reduce(0) { $0 + $1.bytes } - Double(spelled)) < 1e-9)
      #expect(
        abs(result.parts.reduce(0) { $0 + $1.loss } - result.report.totalLoss) < 1e-9)
    }
  }

  /// A shorter context is a model of that context: its first positions.
  @Test func contextsMayBeShorter() throws {
    let model = try model()
    let scorer = try Scorer(model: model, threads: 1)
    let result = try #require(
      try evaluate(
        model, [documents[0]], .document, byteCounts: byteCounts, prefix: 0, context: 4))
    let ids = [0] + documents[0]
    var expected = 0.0
    for first in stride(from: 1, to: ids.count, by: 4) {
      let end = min(first + 4, ids.count)
      let window = Array(ids[max(0, end - 5)..<end])
      let logs = try scorer.logProbabilities(of: window)
      expected -= logs.suffix(end - first).reduce(0) { $0 + ($1 ?? 0) }
    }
    #expect(abs(result.report.totalLoss - expected) < 1e-4)
    for context in [0, 9] {
      #expect(throws: ConfigurationError.self) {
        try evaluate(
          model, documents, .document, byteCounts: byteCounts, prefix: 0, context: context)
      }
    }
    for stride in [0, 9] {
      #expect(throws: ConfigurationError.self) {
        try evaluate(
          model, documents, .sliding(stride: stride), byteCounts: byteCounts, prefix: 0)
      }
    }
    #expect(throws: ConfigurationError.self) {
      try evaluate(
        model, documents, .sliding(stride: 1), byteCounts: byteCounts, prefix: 0, context: 1)
    }
  }

  /// Chunks of documents with their ends between them are those of packed data.
  @Test func chunksAreThoseOfPackedData() throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("data")
    let fixture = DataFixture(seed: 3, documents: 9, longest: 40, vocabularySize: size)
    let manifest = try fixture.pack(path)
    let model = try model()
    let data = try TokenData(directory: path)
    let evaluator = try Evaluator(model: model, data: data, sequences: 3, threads: 2)
    let expected = try #require(try evaluator.evaluate(.train))
    let result = try #require(
      try evaluate(
        model, fixture.documents, .chunk, byteCounts: fixture.tokenizer.spelledBytes.counts,
        prefix: 0))
    #expect(result.report.tokens == (manifest.train.tokens - 1) / context * context)
    #expect(result.report.tokens == expected.tokens)
    #expect(abs(result.report.loss - expected.loss) < 1e-5)
    #expect(result.unit == .chunks)
    #expect(result.parts.count * context == result.report.tokens)
    let sum = result.parts.reduce(0) { $0 + $1.bytes }
    #expect(abs(sum - Double(result.report.bytes ?? 0)) < 1)
  }

  /// Of a masked model's stream the tokens that end documents are seen and have no score.
  @Test func maskedChunks() throws {
    let model = try model(.masked)
    let texts = documents.filter { !$0.isEmpty }
    let result = try #require(
      try evaluate(model, texts, .chunk, byteCounts: byteCounts, prefix: 2))
    #expect(result.report.tokens == 31)
    let scorer = try Scorer(
      model: model, vocabulary: .forTests(size: size), threads: 1)
    let stream: [Int32] = texts.flatMap { $0 + [2] }
    var expected = 0.0
    for start in stride(from: 0, to: stream.count, by: 6) {
      let window = Array(stream[start..<min(start + 6, stream.count)])
      expected -= try scorer.logProbabilities(of: window).reduce(0) { $0 + ($1 ?? 0) }
    }
    #expect(abs(result.report.totalLoss - expected) < 1e-4)
  }

  @Test func nothingToPredict() throws {
    let model = try model()
    #expect(
      try evaluate(model, [[]], .document, byteCounts: byteCounts, prefix: 0) == nil)
    #expect(
      try evaluate(model, [[7]], .document, byteCounts: byteCounts, prefix: nil) == nil)
    #expect(
      try evaluate(model, [[7, 8]], .chunk, byteCounts: byteCounts, prefix: nil) == nil)
  }
}
