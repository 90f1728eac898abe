package import Parallel

/// A CRATE language model: its shape and its parameters.
public final class LanguageModel: Sendable {
  /// The shape.
  public let configuration: ModelConfiguration
  package let parameters: Parameters
  /// The weights of products in the format and layout of their use, where that is another one.
  let packed: PackedWeights?
  private let assembly: Assembly

  /// A model whose parameters are all zero, to be filled.
  ///
  /// - Parameter configuration: the shape.
  /// - Throws: ``OutOfMemory`` where the parameters do not fit.
  public init(zeros configuration: ModelConfiguration) throws(OutOfMemory) {
    self.configuration = configuration
    assembly = Assembly(
      configuration, shape: BatchShape(sequences: 1, context: 1), purpose: .inference,
      workerCount: 1)
    parameters = try Parameters(assembly.plan)
    packed = nil
  }

  /// A model whose parameters `values` gives and which is not folded.
  ///
  /// - Throws: what `values` throws, ``OutOfMemory``.
  init(
    _ configuration: ModelConfiguration, values: (_ layout: Layout) throws -> Buffer
  ) throws {
    self.configuration = configuration
    assembly = Assembly(
      configuration, shape: BatchShape(sequences: 1, context: 1), purpose: .inference,
      workerCount: 1)
    parameters = Parameters(
      values: try values(assembly.plan.parameters), folded: try Buffer(assembly.plan.folded))
    packed = nil
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
  public init(packing model: LanguageModel, as format: WeightFormat, threads: Int)
    throws(OutOfMemory)
  {
    configuration = model.configuration
    assembly = model.assembly
    parameters = model.parameters
    if !parameters.isFolded { model.fold(workers: Workers(threads: threads)) }
    packed = try PackedWeights(
      assembly.plan.weights, of: parameters, format: format, workers: Workers(threads: threads))
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
  package var layout: Layout { assembly.plan.parameters }

  /// The number of parameters, positions and the tied embedding counted once each.
  public var parameterCount: Int { layout.parameterCount }

  /// The number of parameters of a model of this shape.
  ///
  /// - Parameter configuration: the shape.
  /// - Returns: positions and the tied embedding counted once each.
  public static func parameterCount(_ configuration: ModelConfiguration) -> Int {
    minimalPlan(configuration).parameters.parameterCount
  }

  /// The parameters of a model of this shape, none of them in memory.
  static func layout(of configuration: ModelConfiguration) -> Layout {
    minimalPlan(configuration).parameters
  }

  /// The bytes of the weights of products, in the format they have.
  var weightByteCount: Int {
    let format = packed?.format ?? .fp32
    return assembly.plan.weights.filter { $0.packing != .none }
      .reduce(0) { $0 + $1.slot.count * format.byteCount }
  }

  /// The bytes of one value for every parameter and for what is folded from them.
  static func parameterByteCount(_ configuration: ModelConfiguration) -> Int {
    let plan = minimalPlan(configuration)
    return (plan.parameters.floatCount + plan.folded.floatCount) * MemoryLayout<Float>.stride
  }

  private static func minimalPlan(_ configuration: ModelConfiguration) -> Plan {
    Assembly(
      configuration, shape: BatchShape(sequences: 1, context: 1), purpose: .inference,
      workerCount: 1
    ).plan
  }

  /// Brings what is derived from the parameters up to date; called after every change of them.
  package func fold(workers: Workers = Workers(threads: 1)) {
    workers.forEach(assembly.sublayers.count) { [self] index, _ in
      assembly.sublayers[index].fold(parameters)
    }
    parameters.isFolded = true
  }

  /// Scales dictionaries down in which the steps of ISTA would not converge.
  package func boundDictionaries(workers: Workers) {
    workers.forEach(assembly.sublayers.count) { [self] index, _ in
      assembly.sublayers[index].stability?.enforce(parameters)
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
    try Parameters(assembly.plan)
  }

  /// Turns the gradients of what is folded from the parameters into the parameters' own.
  package func unfold(_ gradients: Parameters, workers: Workers = Workers(threads: 1)) {
    workers.forEach(assembly.sublayers.count) { [self] index, _ in
      assembly.sublayers[index].unfold(parameters, gradients: gradients)
    }
  }
}
