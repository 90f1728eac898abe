/// The names and layouts in which a program stores a kind of model.
///
/// Every supported kind of checkpoint is one type in one file of `Conventions` and one entry of the
/// list below.
protocol CheckpointConvention: Sendable {
  /// The name of the program or model, for messages.
  var title: String { get }

  /// The standard name of the tensor named `name` in the file; spellings differ between versions.
  func standardName(_ name: String) -> String

  /// Whether `subject`, with standard names, follows this convention.
  func recognizes(_ subject: ImportSubject) -> Bool

  /// The shape of the model.
  ///
  /// - Throws: ``CheckpointError`` or ``ConfigurationError`` if the shape is not supported.
  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration

  /// The recipes for the parameters of our modules; a star stands for the number of the layer.
  var recipes: [String: TensorRecipe] { get }

  /// The recipe for our tensor `name`; `nil` if the convention has nothing like it.
  func recipe(for name: String) -> TensorRecipe?

  /// The tensors that repeat another one, such as a tied head.
  var ties: [(copy: String, original: String)] { get }

  /// Whether the tensor named `name` is known but no part of a language model.
  func leavesOut(_ name: String) -> Bool

  /// Whether biases may be missing, all of them.
  var mayLackBiases: Bool { get }
}

extension CheckpointConvention {
  /// The standard names of the tensors named `names` in the file.
  ///
  /// Of two tied tensors a file may hold the copy alone, as safetensors does when a model is saved;
  /// it then stands for the original.
  func standardNames(_ names: [String]) -> [String] {
    let names = names.map(standardName)
    let known = Set(names.map { Array($0.utf8) })
    return names.map { name in
      let tie = ties.first { $0.copy == name && !known.contains(Array($0.original.utf8)) }
      return tie?.original ?? name
    }
  }

  func standardName(_ name: String) -> String { name }
  var recipes: [String: TensorRecipe] { [:] }
  var ties: [(copy: String, original: String)] { [] }
  func leavesOut(_ name: String) -> Bool { false }
  var mayLackBiases: Bool { false }

  func recipe(for name: String) -> TensorRecipe? {
    let (module, parameter) = Self.moduleParameter(name)
    let parts = module.split(separator: ".")
    guard parts[0] == "layers" else { return recipes[module]?.of(parameter) }
    let pattern = (["layers", "*"] + parts.dropFirst(2)).joined(separator: ".")
    return recipes[pattern]?.of(parameter, inLayer: parts[1])
  }

  /// The module of our tensor `name`, and PyTorch's name of the tensor in it.
  static func moduleParameter(_ name: String) -> (module: String, parameter: String) {
    let endings = [".gain": "weight", ".bias": "bias", "_bias": "bias"]
    let ending = String(name.suffix(5))
    guard let parameter = endings[ending] else { return (name, "weight") }
    return (String(name.dropLast(ending.count)), parameter)
  }
}

/// The supported conventions; the first that recognizes a checkpoint applies.
enum CheckpointConventions {
  static let all: [any CheckpointConvention] = [
    ReferenceCRATE(), NanoGPT(), GPT2(), CRATEBERT(), BERT(), ExportedModel(), StoredRun(),
  ]
}
