/// The operators of a model in their order, with their declarations.
///
/// All networks of a model share its one blueprint, so the index of a weight or an activation means
/// the same in each; only the memory of activations depends on a batch.
package struct Blueprint: Sendable {
  /// The declarations of the operators.
  let declarations: Declarations
  let embedding: TokenEmbedding
  /// The operators between embedding and head.
  let sublayers: [PlacedSublayer]
  /// The layers and the norms outside of layers, in order.
  let groups: [SublayerGroup]
  let head: LanguageHead
  /// X of the first sublayer.
  let firstStream: ActivationID
  /// The gradients of a sublayer's output and input; the two swap after every sublayer.
  let streamGradients: (ActivationID, ActivationID)
  private let names: [ActivationID: ActivationName]

  /// A sublayer with its input and output.
  struct PlacedSublayer: Sendable {
    let sublayer: any Sublayer
    let part: WorkPart
    let input: ActivationID
    let output: ActivationID
  }

  /// Sublayers whose parameters belong together: a layer, or a norm by itself.
  struct SublayerGroup: Sendable {
    let gradients: GradientGroup
    let sublayers: Range<Int>
    /// The layer's activation with many exact zeros, if any.
    let sparseRole: ActivationRole?

    var layer: Int? {
      if case .layer(let layer) = gradients.kind { layer } else { nil }
    }
  }

  package init(_ configuration: ModelConfiguration) {
    var declarations = Declarations(configuration)
    embedding = TokenEmbedding(&declarations)
    let width = Extent.tokens(width: configuration.width)
    streamGradients = (
      declarations.activation(width, .gradient), declarations.activation(width, .gradient)
    )
    firstStream = declarations.stream(behind: "embedding", layer: nil, as: .output)
    var chain = SublayerChain(declarations, from: firstStream)
    configuration.architecture.design.addSublayers(to: &chain)
    (sublayers, groups, declarations) = (chain.stages, chain.groups, chain.declarations)
    head = declarations.makeOperator("head", part: .head) { [embedding] in
      LanguageHead(&$0, embedding: embedding)
    }
    self.declarations = declarations
    names = Dictionary(uniqueKeysWithValues: declarations.names.map { ($0.id, $0.name) })
  }

  package var configuration: ModelConfiguration { declarations.configuration }

  /// The order, names and slots of the parameters.
  package var parameters: Layout { declarations.parameters }

  /// The names of the observable activations, in the order of the pass.
  package var activationNames: [ActivationName] { namedActivations.map(\.name) }

  /// The observable activations, in the order of the pass.
  package var namedActivations: [NamedActivation] { declarations.names }

  /// The number of operators behind the embedding up to the one that computes the activation `name`;
  /// `nil` for an activation of the head.
  func sublayerCount(through name: ActivationName) -> Int? {
    ([firstStream] + sublayers.map(\.output))
      .firstIndex { names[$0]?.operatorName == name.operatorName }
  }

  /// The name of an observable activation; `nil` for any other.
  func name(of id: ActivationID) -> ActivationName? { names[id] }

  /// The multiply-adds per token and direction in products with weights, by part of the work.
  var products: [WorkPart: Int] { declarations.products }

  /// The bytes of one float for every parameter and every folded value.
  var parameterByteCount: Int {
    parameters.byteCount + declarations.folded.byteCount
  }

  /// The bytes of activations in a network of this shape.
  func activationByteCount(_ shape: BatchShape, _ purpose: Purpose, workerCount: Int) -> Int {
    Workspace.byteCount(
      declarations.activations,
      for: Placement(shape: shape, purpose: purpose, workerCount: workerCount))
  }

  /// The gradients of the embeddings.
  var embeddingTensors: GradientGroup {
    GradientGroup(
      kind: .embedding,
      tensors: 0..<(groups.first?.gradients.tensors.lowerBound ?? headTensors.tensors.lowerBound))
  }

  /// The gradients of the head's own tensors, without the tied embedding.
  var headTensors: GradientGroup {
    let end = parameters.tensors.count
    return GradientGroup(
      kind: .head, tensors: (groups.last?.gradients.tensors.upperBound ?? 0)..<end)
  }
}

/// Sublayers in a chain: each reads the output of the one before it.
struct SublayerChain {
  fileprivate(set) var declarations: Declarations
  private(set) var stages: [Blueprint.PlacedSublayer] = []
  private(set) var groups: [Blueprint.SublayerGroup] = []
  private var stream: ActivationID

  fileprivate init(_ declarations: Declarations, from stream: ActivationID) {
    self.declarations = declarations
    self.stream = stream
  }

  var configuration: ModelConfiguration { declarations.configuration }

  /// Adds all layers of the model; `add` adds the sublayers of one.
  mutating func addLayers(_ add: (inout Layer) -> Void) {
    for number in 0..<configuration.depth {
      addGroup(.layer(number)) { chain in
        var layer = Layer(number: number, chain: chain)
        add(&layer)
        chain = layer.chain
      }
    }
  }

  /// Adds a LayerNorm outside of layers.
  mutating func addNorm(_ name: String, epsilon: Float) {
    addGroup(.norm) {
      $0.append(name, layer: nil, part: .norms) { NormSublayer(&$0, epsilon: epsilon) }
    }
  }

  /// A layer under construction.
  struct Layer {
    let number: Int
    fileprivate var chain: SublayerChain

    /// Adds a sublayer; its parameters are named `layers.NUMBER.NAME.…`.
    mutating func add(
      _ name: String, _ part: WorkPart, _ make: (inout Declarations) -> some Sublayer
    ) {
      chain.append("layers.\(number).\(name)", layer: number, part: part, make)
    }
  }

  private mutating func addGroup(
    _ kind: GradientGroup.Kind, _ add: (inout SublayerChain) -> Void
  ) {
    let begin = (stages.count, declarations.parameters.tensors.count)
    add(&self)
    let tensors = begin.1..<declarations.parameters.tensors.count
    groups.append(
      Blueprint.SublayerGroup(
        gradients: GradientGroup(kind: kind, tensors: tensors),
        sublayers: begin.0..<stages.count,
        sparseRole: stages[begin.0...].compactMap(\.sublayer.sparseRole).first))
  }

  private mutating func append(
    _ name: String, layer: Int?, part: WorkPart, _ make: (inout Declarations) -> some Sublayer
  ) {
    let sublayer = declarations.makeOperator(name, layer: layer, part: part) { make(&$0) }
    let output = declarations.stream(behind: name, layer: layer, as: sublayer.outputRole)
    declarations.setStreamSparse(sublayer.sparseRole == sublayer.outputRole)
    stages.append(
      Blueprint.PlacedSublayer(sublayer: sublayer, part: part, input: stream, output: output))
    stream = output
  }
}
