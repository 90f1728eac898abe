/// The declarations that operators make on construction: parameters, folded values, activations and
/// the memory of sequences.
struct Declarations: Sendable {
  let configuration: ModelConfiguration
  /// θ: the trained and stored parameters.
  private(set) var parameters = Layout()
  /// Values computed from θ once per update, and scratch for them.
  private(set) var folded = Layout()
  private(set) var activations = ActivationList()
  /// The observable activations and their names.
  private(set) var names: [NamedActivation] = []
  /// The matrices that products read; ``Weight/number`` indexes this list.
  private(set) var weights: [Weight] = []
  /// The memory of a sequence for each operator that looks back.
  private(set) var memories: [SequenceMemory] = []
  /// The dictionaries of ISTA steps, with their layers.
  private(set) var dictionaries: [(layer: Int?, stability: StepStability)] = []
  /// The norms, by the prefix of their parameters' names.
  private(set) var norms: [String: NormDesign] = [:]
  /// The multiply-adds per token and direction in products with weights, by part of the work.
  private(set) var products: [WorkPart: Int] = [:]
  /// The total width of all heads of all layers: a query takes two multiply-adds for each of these
  /// coordinates and each key seen.
  private(set) var attendedWidth = 0
  /// The number of places of dropout.
  private var dropoutCount = 0
  /// Whether the stream that the next operator reads has many exact zeros.
  private(set) var isStreamSparse = false

  /// The operator that is being made.
  private var scope: Scope?

  private struct Scope {
    let name: String
    let layer: Int?
    let part: WorkPart
  }

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
  }

  /// Makes an operator; the next one may reuse the memory of its activations.
  mutating func makeOperator<Operator>(
    _ name: String, layer: Int? = nil, part: WorkPart, _ make: (inout Declarations) -> Operator
  ) -> Operator {
    scope = Scope(name: name, layer: layer, part: part)
    activations.beginOperator()
    defer {
      activations.endOperator()
      scope = nil
    }
    return make(&self)
  }

  /// The name of the operator being made, the prefix of its parameters' names.
  var operatorName: String { scope?.name ?? "" }

  /// Records whether the output of the last operator has many exact zeros.
  mutating func setStreamSparse(_ isSparse: Bool) { isStreamSparse = isSparse }
}

/// Parameters and weights.
extension Declarations {
  /// A named vector of parameters of the operator.
  mutating func vector(_ name: String, _ count: Int, _ initialization: Initialization) -> Slot {
    parameters.vector(fullName(name), count, initialization)
  }

  /// A named matrix of parameters that is no factor of a product.
  mutating func matrix(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization,
    role: TensorRole = .other
  ) -> Slot {
    parameters.matrix(fullName(name), rows, columns, initialization, role: role)
  }

  /// Scratch beside the folded values.
  mutating func foldedScratch(_ rows: Int, _ columns: Int) -> Slot {
    folded.reserve(rows, columns)
  }

  /// A named matrix of parameters, or `stacked` of them, a factor of `uses` products in a forward
  /// pass.
  mutating func weight(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization,
    stacked: Int = 1, packing: Weight.Packing = .rows, behind norm: TokenNorm? = nil, uses: Int = 1
  ) -> Weight {
    let role = scope?.layer == nil ? TensorRole.other : .layerMatrices(count: stacked)
    return weight(
      at: matrix(name, rows, columns, initialization, role: role), of: .parameters,
      packing: packing, behind: norm, uses: uses)
  }

  /// A matrix of folded values, a factor of one product in a forward pass.
  mutating func foldedWeight(_ rows: Int, _ columns: Int) -> Weight {
    weight(at: folded.reserve(rows, columns), of: .folded, packing: .outputs)
  }

  /// Makes a reserved matrix a weight.
  mutating func weight(
    at slot: Slot, of source: Weight.Source, packing: Weight.Packing = .rows,
    behind norm: TokenNorm? = nil, uses: Int = 1
  ) -> Weight {
    let weight = Weight(
      number: weights.count, slot: slot, source: source, packing: packing, norm: norm)
    weights.append(weight)
    if let scope { products[scope.part, default: 0] += uses * slot.count }
    return weight
  }

  /// Records the operator's norm `name`; `nil` if it is the whole operator.
  mutating func norm(_ name: String?, _ design: NormDesign) {
    norms[name.map(fullName) ?? operatorName] = design
  }

  private func fullName(_ name: String) -> String {
    operatorName.isEmpty ? name : "\(operatorName).\(name)"
  }
}

/// Activations, and the memory that outlives a pass.
extension Declarations {
  /// An activation of the operator.
  mutating func activation(_ extent: Extent, _ lifetime: Lifetime) -> ActivationID {
    activations.declare(extent, lifetime)
  }

  /// An observable activation of the operator, a vector of `width` numbers for each token.
  mutating func activation(
    width: Int, _ lifetime: Lifetime, as role: ActivationRole
  ) -> ActivationID {
    let id = activations.declare(.tokens(width: width), lifetime)
    name(id, role, .vector(width: width))
    return id
  }

  /// A name for an observable activation of `extent` whose memory is declared elsewhere.
  mutating func name(_ role: ActivationRole, _ extent: NamedExtent) -> ActivationID {
    let id = activations.declare(.nothing, .passing)
    name(id, role, extent)
    return id
  }

  private mutating func name(_ id: ActivationID, _ role: ActivationRole, _ extent: NamedExtent) {
    guard let scope else { return }
    let name = ActivationName(operatorName: scope.name, layer: scope.layer, role: role)
    names.append(NamedActivation(id: id, name: name, extent: extent))
  }

  /// The stream behind the operator `name`; its memory outlives the operator.
  mutating func stream(
    behind name: String, layer: Int?, as role: ActivationRole
  ) -> ActivationID {
    let id = activations.declare(.tokens(width: configuration.width), .stream)
    let name = ActivationName(operatorName: name, layer: layer, role: role)
    names.append(
      NamedActivation(id: id, name: name, extent: .vector(width: configuration.width)))
    return id
  }

  /// Declares the memory of each sequence for the operator.
  mutating func remember(_ memory: SequenceMemory) -> MemoryID {
    memories.append(memory)
    return MemoryID(index: memories.count - 1)
  }

  /// The number of the next place of dropout.
  mutating func countDropout() -> Int {
    defer { dropoutCount += 1 }
    return dropoutCount
  }

  /// Counts attention heads by their total width.
  mutating func attend(width: Int) { attendedWidth += width }

  /// Declares `dictionary` as one of ISTA steps, whose convergence is watched.
  mutating func takeSteps(in dictionary: Weight) {
    let stability = StepStability(
      dictionary: dictionary.slot, vectors: foldedScratch(2, configuration.width),
      stepSize: configuration.stepSize)
    dictionaries.append((scope?.layer, stability))
  }
}
