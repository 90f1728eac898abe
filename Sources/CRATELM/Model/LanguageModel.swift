package import Parallel

/// A CRATE language model: its shape and its parameters.
public final class LanguageModel: Sendable {
  /// The shape.
  public var configuration: ModelConfiguration { blueprint.configuration }
  package let blueprint: Blueprint
  package let parameters: Parameters
  /// The weights in the format and layout for inference; `nil` for the parameters as stored.
  let packed: StoredWeights?

  private init(_ blueprint: Blueprint, _ parameters: Parameters, packed: StoredWeights? = nil) {
    self.blueprint = blueprint
    self.parameters = parameters
    self.packed = packed
  }

  /// A model with all parameters zero, to be filled.
  ///
  /// - Parameter configuration: the shape.
  /// - Throws: ``OutOfMemory`` if the parameters do not fit.
  public convenience init(zeros configuration: ModelConfiguration) throws(OutOfMemory) {
    let blueprint = Blueprint(configuration)
    self.init(blueprint, try Parameters(blueprint))
  }

  /// A model with the parameters of `values`, not yet folded.
  ///
  /// - Throws: the errors of `values`, ``OutOfMemory``.
  convenience init(
    _ configuration: ModelConfiguration, values: (_ layout: Layout) throws -> Buffer
  ) throws {
    let blueprint = Blueprint(configuration)
    self.init(
      blueprint,
      Parameters(
        values: try values(blueprint.parameters),
        folded: try Buffer(blueprint.declarations.folded)))
  }

  /// The same model for inference, with its weights in `format`, laid out for generation.
  ///
  /// Both models share the parameters, but later changes of them do not reach the packed weights.
  ///
  /// - Parameters:
  ///   - model: a model with its parameters.
  ///   - format: the format of its weights.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``.
  public convenience init(packing model: LanguageModel, as format: NumberFormat, threads: Int)
    throws(OutOfMemory)
  {
    let workers = Workers(threads: threads)
    model.parameters.foldOnce { model.fold(workers: workers) }
    self.init(
      model.blueprint, model.parameters,
      packed: try StoredWeights(
        model.blueprint.declarations.weights, of: model.parameters, format: format,
        workers: workers))
  }

  /// A model with the published initialisation, drawn from `seed`.
  ///
  /// - Parameters:
  ///   - configuration: the shape.
  ///   - seed: the seed of all draws; each tensor has a stream of its own.
  /// - Throws: ``OutOfMemory`` if the parameters do not fit.
  public convenience init(_ configuration: ModelConfiguration, seed: UInt64) throws(OutOfMemory) {
    try self.init(zeros: configuration)
    for tensor in layout.tensors { draw(tensor, seed: seed) }
    fold()
  }

  /// Fills `tensor` with its published initialisation, drawn from `seed`.
  func draw(_ tensor: Tensor, seed: UInt64) {
    tensor.initialize(
      parameters.values, generator: SplitMix64(seed: seed, stream: "init/\(tensor.name)"))
  }

  /// The order, names and slots of the parameters.
  package var layout: Layout { blueprint.parameters }

  /// The number of parameters; positions and the tied embedding count once each.
  public var parameterCount: Int { layout.parameterCount }

  /// The number of parameters of a model of this shape.
  ///
  /// - Parameter configuration: the shape.
  /// - Returns: the number; positions and the tied embedding count once each.
  public static func parameterCount(_ configuration: ModelConfiguration) -> Int {
    Blueprint(configuration).parameters.parameterCount
  }

  /// The bytes of the weights that products read, in their format.
  var weightByteCount: Int {
    let format = packed?.format ?? .fp32
    return blueprint.declarations.weights.filter { $0.packing != .none }
      .reduce(0) { $0 + $1.slot.count * format.byteCount }
  }

  /// Checks that the vocabulary has `ids`.
  func require(_ ids: some Sequence<Int32>) throws(ConfigurationError) {
    let vocabularySize = configuration.vocabularySize
    guard let stray = ids.first(where: { !(0..<vocabularySize).contains(Int($0)) }) else { return }
    throw ConfigurationError(
      "There is no token with the id \(stray); the vocabulary ends at \(vocabularySize - 1).")
  }

  /// Updates the folded values; call it after every change of the parameters.
  package func fold(workers: Workers = Workers(threads: 1)) {
    workers.forEach(blueprint.sublayers.count) { [self] index, _ in
      blueprint.sublayers[index].sublayer.fold(parameters)
    }
    parameters.isFolded = true
  }

  /// Scales down every dictionary in which ISTA steps would not converge.
  package func boundDictionaries(workers: Workers) {
    let dictionaries = blueprint.declarations.dictionaries
    workers.forEach(dictionaries.count) { [self] index, _ in
      dictionaries[index].stability.enforce(parameters)
    }
  }

  /// The largest estimate of η·σ_max(D)² of a dictionary; `nil` without dictionaries.
  var largestStepStability: Double? {
    blueprint.declarations.dictionaries.map { $0.stability.value(parameters) }.max()
  }

  /// The name of the first or last tensor with a NaN or an infinity in `buffer`, which has the
  /// model's layout; `nil` if all are finite.
  func nonFiniteTensor(of buffer: Buffer, last: Bool = false) -> String? {
    func isNotFinite(_ tensor: Tensor) -> Bool {
      let slot = tensor.slot
      return !Reductions.squaredNorm(buffer.all[slot.offset..<slot.offset + slot.count]).isFinite
    }
    return
      (last ? layout.tensors.last(where: isNotFinite) : layout.tensors.first(where: isNotFinite))?
      .name
  }

  /// Zero gradients of all parameters.
  package func makeGradients() throws(OutOfMemory) -> Parameters {
    try Parameters(blueprint)
  }
}
