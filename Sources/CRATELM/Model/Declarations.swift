/// What the operators of a model declare when they are made: parameters, what is folded from them,
/// activations, and what sequences must remember.
struct Declarations: Sendable {
  let configuration: ModelConfiguration
  /// θ: what is trained and stored.
  private(set) var parameters = Layout()
  /// What is computed from θ once per update, and its gradient.
  private(set) var folded = Layout()
  private(set) var activations = ActivationList()
  /// The activations that have names, with them.
  private(set) var names: [(id: ActivationID, name: ActivationName)] = []
  /// The matrices that products read; ``Weight/number`` indexes this list.
  private(set) var weights: [Weight] = []
  /// What a sequence remembers of each operator that looks back.
  private(set) var memories: [SequenceMemory] = []
  /// The dictionaries in which steps of ISTA are taken, with their layers.
  private(set) var dictionaries: [(layer: Int?, stability: StepStability)] = []
  /// The multiply-adds for a token and direction of the products with matrices, by part.
  private(set) var products: [WorkPart: Int] = [:]
  /// The width of all heads of all layers, each of which multiplies it twice with every key seen.
  private(set) var attendedWidth = 0
  /// Whether the stream that the next operator reads has many exact zeros.
  private(set) var isStreamSparse = false

  /// The operator that declares at present.
  private var scope: Scope?

  private struct Scope {
    let name: String
    let layer: Int?
    let part: WorkPart
  }

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
  }

  /// Makes an operator, which may give the memory of what it declares to the next one.
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

  /// The name of the operator that declares, with which those of its parameters begin.
  var operatorName: String { scope?.name ?? "" }

  /// Says whether the output of the operator last made has many exact zeros.
  mutating func setStreamSparse(_ isSparse: Bool) { isStreamSparse = isSparse }
}

/// Parameters and weights.
extension Declarations {
  /// A named vector of parameters of the operator.
  mutating func vector(_ name: String, _ count: Int, _ initialization: Initialization) -> Slot {
    parameters.vector(fullName(name), count, initialization)
  }

  /// A named matrix of parameters that no product reads.
  mutating func matrix(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization
  ) -> Slot {
    parameters.matrix(fullName(name), rows, columns, initialization)
  }

  /// Memory beside the parameters for what is folded from them.
  mutating func foldedScratch(_ rows: Int, _ columns: Int) -> Slot {
    folded.reserve(rows, columns)
  }

  /// A matrix of parameters that `uses` products of a forward pass read.
  mutating func weight(
    _ name: String, _ rows: Int, _ columns: Int, _ initialization: Initialization,
    packing: Weight.Packing = .rows, behind norm: TokenNorm? = nil, uses: Int = 1
  ) -> Weight {
    weight(
      at: matrix(name, rows, columns, initialization), of: .parameters, packing: packing,
      behind: norm, uses: uses)
  }

  /// A matrix that is folded from the parameters.
  mutating func foldedWeight(_ rows: Int, _ columns: Int) -> Weight {
    weight(at: folded.reserve(rows, columns), of: .folded, packing: .outputs)
  }

  /// Makes a matrix that has its place a weight of products.
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

  private func fullName(_ name: String) -> String {
    operatorName.isEmpty ? name : "\(operatorName).\(name)"
  }
}

/// Activations, and what outlives a pass.
extension Declarations {
  /// An activation of the operator, with its name if an observer is told of it.
  mutating func activation(
    _ extent: Extent, _ lifetime: Lifetime, as role: ActivationRole? = nil
  ) -> ActivationID {
    let id = activations.declare(extent, lifetime)
    if let role, let scope {
      names.append(
        (id, ActivationName(operatorName: scope.name, layer: scope.layer, role: role)))
    }
    return id
  }

  /// The name of an activation that has no memory of its own in the list.
  mutating func name(_ role: ActivationRole) -> ActivationID {
    activation(.nothing, .passing, as: role)
  }

  /// The stream behind the operator `name`, which outlives it.
  mutating func stream(
    behind name: String, layer: Int?, as role: ActivationRole
  ) -> ActivationID {
    let id = activations.declare(.tokens(width: configuration.width), .stream)
    names.append((id, ActivationName(operatorName: name, layer: layer, role: role)))
    return id
  }

  /// What each sequence remembers of the operator.
  mutating func remember(_ memory: SequenceMemory) -> MemoryID {
    memories.append(memory)
    return MemoryID(index: memories.count - 1)
  }

  /// Counts heads of this width together.
  mutating func attend(width: Int) { attendedWidth += width }

  /// The condition under which steps of ISTA converge in `dictionary`.
  mutating func takeSteps(in dictionary: Weight) {
    let stability = StepStability(
      dictionary: dictionary.slot, vectors: foldedScratch(2, configuration.width),
      stepSize: configuration.stepSize)
    dictionaries.append((scope?.layer, stability))
  }
}
