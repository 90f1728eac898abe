import CRATELM
import SystemPackage
import TextModels
import Tokenizer

/// From a text to a model, and into its layers: `text-example TEXT FOLDER`.
@main
enum TextExample {
  static func main() async throws {
    let text = CommandLine.arguments[1]
    let folder = FilePath(CommandLine.arguments[2])

    // A tokenizer learns its tokens from the text.
    let documents = try DocumentSource(inputs: [text])
    let options = BytePairTrainer.Options(
      vocabularySize: 512, specialTokens: [SpecialToken.endOfText])
    let tokenizer = try BytePairTrainer(options).train(on: documents).tokenizer

    // The text becomes packed ids; a part is held out for validation.
    let data = try Packing(tokenizer).pack(documents, to: folder.appending("data"))

    // A small model learns. The closure sees every step and returns whether to go on.
    let shape = try ModelConfiguration(.nano, vocabularySize: tokenizer.vocabularySize)
    let plan = try TrainingConfiguration(for: shape, steps: 30, batch: 8, seed: 1)
    let run = try Pretraining(shape, on: data).run(
      in: RunDirectory(folder.appending("run")), training: plan,
      conditions: .current(program: "text-example 1.0", threads: 2))
    let end = try run.train { event in
      if case .step(let step, let validation?) = event {
        print("step \(step.step): loss \(step.loss), held out \(validation.loss)")
      }
      return true
    }
    print(end)

    // The model writes, piece by piece.
    let model = try TextModel(at: folder.appending("run"))
    var writing = CompletionOptions(sampling: try SamplingConfiguration(topK: 40), seed: 1)
    writing.maximumTokens = 20
    for try await piece in try model.completions(after: "The", writing) {
      print(piece.text, terminator: "")
    }
    print()

    // How probable is a text? The first token has nothing before it.
    for token in try model.score("The sea was calm.") {
      print(tokenizer.written(token.id), token.logProbability ?? "–", separator: "\t")
    }

    // Logits, a parameter, and the codes that the layers compute.
    let ids = try tokenizer.encode("The sea")
    let logits = try model.model.logits(of: ids)
    print("logits \(logits.shape), the last row's largest \(logits[ids.count - 1].max() ?? 0)")
    let dictionary = model.model.parameter("layers.0.ista.dictionary")
    print("dictionary \(dictionary?.shape ?? [])")
    for code in try model.model.activations(of: ids, where: { $0.hasSuffix("ista.code") }) {
      let nonZeros = code.values.count { $0 != 0 }
      print("\(code.name): \(nonZeros) of \(code.values.count) numbers are not zero")
    }

    // A copy, saved and loaded, gives the same logits.
    try model.save(to: folder.appending("copy"), source: "text-example")
    let copy = try TextModel(at: folder.appending("copy"))
    print(try copy.model.logits(of: ids) == logits)
  }
}
