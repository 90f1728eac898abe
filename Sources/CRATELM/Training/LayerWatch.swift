import Parallel
import Storage

/// The layers of a model in training, beside those of the same model before training.
struct TrainingAnalysis: Sendable {
  let trained: LayerAnalysis
  let random: LayerAnalysis

  /// The value of `analysis` in a line of `metrics.jsonl`.
  var json: JSONValue {
    .object(
      JSONObject([
        ("layers", trained.layersJSON),
        ("random", .object(JSONObject([("layers", random.layersJSON)]))),
        ("epsilon", .number(trained.epsilon)),
        ("sequences", .integer(Int64(trained.sequences))),
        ("context", .integer(Int64(trained.sequenceLength))),
      ]))
  }

}

extension TrainingAnalysis {
  /// Reads what ``json`` writes.
  init?(_ json: JSONValue) {
    guard let object = json.object,
      let sequences = object["sequences"]?.integer.flatMap({ Int(exactly: $0) }),
      let length = object["context"]?.integer.flatMap({ Int(exactly: $0) }),
      let epsilon = object["epsilon"]?.double
    else { return nil }
    func analysis(_ layers: JSONValue?) -> LayerAnalysis? {
      LayerAnalysis(
        layers: layers, sequences: sequences, sequenceLength: length, epsilon: epsilon)
    }
    guard let trained = analysis(object["layers"]),
      let random = analysis(object["random"]?.object?["layers"])
    else { return nil }
    self.init(trained: trained, random: random)
  }
}

/// Measures the layers during training, always on the same sequences.
final class LayerWatch {
  /// The tokens measured on; at least a sequence.
  private static let tokenCount = 8192

  private let configuration: ModelConfiguration
  private let plan: TrainingConfiguration
  private let threads: Int
  private let sequences: [[Int32]]
  /// The measures before training, once they are made.
  private var random: LayerAnalysis?

  /// - Parameters:
  ///   - mixture: the texts; the first one is measured on.
  ///   - configuration: the shape of the model.
  ///   - plan: the plan of training, whose seed began the model.
  ///   - vocabulary: the masking vocabulary of a masked model.
  ///   - threads: the number of threads.
  /// - Throws: the data's errors.
  init(
    _ mixture: Mixture, _ configuration: ModelConfiguration, plan: TrainingConfiguration,
    vocabulary: MaskingVocabulary?, threads: Int
  ) throws {
    (self.configuration, self.plan, self.threads) = (configuration, plan, threads)
    let data = mixture.sources[0].data
    let frame = configuration.objective.frame == .none ? .none : vocabulary?.frame ?? .none
    let content = configuration.contextLength - frame.tokenCount
    let split = data.validation.tokenCount >= content ? data.validation : data.train
    let wanted = max(1, Self.tokenCount / configuration.contextLength)
    sequences = try TokenSequences(
      split, tokenCount: wanted * content, length: configuration.contextLength, frame: frame
    ).all()
  }

  /// The measures of `model` now.
  ///
  /// - Throws: ``OutOfMemory``.
  func analyze(_ model: LanguageModel) throws -> TrainingAnalysis {
    let before = try random ?? analyzeBeginning()
    random = before
    return TrainingAnalysis(
      trained: try model.analyzeLayers(of: sequences, threads: threads), random: before)
  }

  private func analyzeBeginning() throws -> LayerAnalysis {
    let model = try LanguageModel(configuration, seed: plan.seed)
    let workers = Workers(threads: threads)
    if plan.boundsDictionaries { model.boundDictionaries(workers: workers) }
    model.fold(workers: workers)
    return try model.analyzeLayers(of: sequences, threads: threads)
  }
}
