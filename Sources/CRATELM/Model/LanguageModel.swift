package import Parallel

/// A CRATE language model: its shape and its parameters.
public final class LanguageModel: Sendable {
  /// The shape.
  public var configuration: ModelConfiguration { blueprint.configuration }
  package let blueprint: Blueprint
  package let parameters: Parameters
  /// The weights of products in the format and layout of their use, where that is another one.
  let packed: StoredWeights?

  private init(_ blueprint: Blueprint, _ parameters: Parameters, packed: StoredWeights? = nil) {
    self.blueprint = blueprint
    self.parameters = parameters
    self.packed = packed
  }

  /// A model whose parameters are all zero, to be filled.
  ///
  /// - Parameter configuration: the shape.
  /// - Throws: ``OutOfMemory`` where the parameters do not fit.
  public convenience init(zeros configuration: ModelConfiguration) throws(OutOfMemory) {
    let blueprint = Blueprint(configuration)
    self.init(blueprint, try Parameters(blueprint))
  }

  /// A model whose parameters `values` gives and which is not folded.
  ///
  /// - Throws: what `values` throws, ``OutOfMemory``.
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

  /// The same model for use, its weights in `format` and laid out for writing text.
  ///
  /// Both share the parameters, whose later changes the other does not see.
  ///
  /// - Parameters:
  ///   - model: a model with its parameters.
  ///   - format: how its weights are held.
  ///   - threads: the number of threads.
  /// - Throws: ``OutOfMemory``.
  public convenience init(packing model: LanguageModel, as format: NumberFormat, threads: Int)
    throws(OutOfMemory)
  {
    let workers = Workers(threads: threads)
    if !model.parameters.isFolded { model.fold(workers: workers) }
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
  ///   - seed: decides every draw; each tensor has a stream of its own.
  /// - Throws: ``OutOfMemory`` where the parameters do not fit.
  public convenience init(_ configuration: ModelConfiguration, seed: UInt64) throws(OutOfMemory) {
    try self.init(zeros: configuration)
    for tensor in layout.tensors {
      tensor.initialize(
        parameters.values, generator: SplitMix64(seed: seed, stream: "init/\(tensor.name)"))
    }
    fold()
  }

  /// The parameters' order, names and places.
  package var layout: Layout { blueprint.parameters }

  /// The number of parameters, positions and the tied embedding counted once each.
  public var parameterCount: Int { layout.parameterCount }

  /// The number of parameters of a model of this shape.
  ///
  /// - Parameter configuration: the shape.
  /// - Returns: positions and the tied embedding counted once each.
  public static func parameterCount(_ configuration: ModelConfiguration) -> Int {
    Blueprint(configuration).parameters.parameterCount
  }

  /// The bytes of the weights of products, in the format they have.
  var weightByteCount: Int {
    let format = packed?.format ?? .fp32
    return blueprint.declarations.weights.filter { $0.packing != .none }
      .reduce(0) { $0 + $1.slot.count * format.byteCount }
  }

  /// Makes sure that the vocabulary has `ids`.
  func require(_ ids: some Sequence<Int32>) throws(ConfigurationError) {
    let vocabularySize = configuration.vocabularySize
    guard let stray = ids.first(where: { !(0..<vocabularySize).contains(Int($0)) }) else { return }
    throw ConfigurationError(
      "There is no token with the id \(stray); the vocabulary ends at \(vocabularySize - 1).")
  }

  /// Brings what is derived from the parameters up to date; called after every change of them.
  package func fold(workers: Workers = Workers(threads: 1)) {
    workers.forEach(blueprint.sublayers.count) { [self] index, _ in
      blueprint.sublayers[index].sublayer.fold(parameters)
    }
    parameters.isFolded = true
  }

  /// Scales dictionaries down in which the steps of ISTA would not converge.
  package func boundDictionaries(workers: Workers) {
    let dictionaries = blueprint.declarations.dictionaries
    workers.forEach(dictionaries.count) { [self] index, _ in
      dictionaries[index].stability.enforce(parameters)
    }
  }

  /// The name of the first tensor, or the last, in `buffer`, which has the layout, that holds a
  /// number that is not finite.
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
