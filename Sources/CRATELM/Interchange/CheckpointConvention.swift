/// The names and layouts under which a program stores a kind of model.
///
/// Every kind of checkpoint that is understood is one type in one file of `Conventions` and one
/// entry of the list below.
protocol CheckpointConvention: Sendable {
  /// Whose convention it is, for messages.
  var title: String { get }

  /// The name by which a tensor called `name` in the file is known here, which takes account of
  /// spellings that differ between versions.
  func standardName(_ name: String) -> String

  /// Whether `subject`, whose names are standard ones, follows this convention.
  func recognizes(_ subject: ImportSubject) -> Bool

  /// The shape of the model.
  ///
  /// - Throws: ``CheckpointError`` or ``ConfigurationError`` where it is not one of ours.
  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration

  /// Our modules with the recipes for their parameters; a star stands for the number of the layer.
  var recipes: [String: TensorRecipe] { get }

  /// What our tensor called `name` is made of; `nil` where the convention has nothing like it.
  func recipe(for name: String) -> TensorRecipe?

  /// Tensors that repeat another one, as a tied head does.
  var ties: [(copy: String, original: String)] { get }

  /// Whether the tensor called `name` is known and no part of a language model.
  func leavesOut(_ name: String) -> Bool

  /// Whether a model without biases is stored without them.
  var mayLackBiases: Bool { get }
}

extension CheckpointConvention {
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

  /// The module that has our tensor called `name`, and what PyTorch calls the tensor in it.
  static func moduleParameter(_ name: String) -> (module: String, parameter: String) {
    let endings = [".gain": "weight", ".bias": "bias", "_bias": "bias"]
    let ending = String(name.suffix(5))
    guard let parameter = endings[ending] else { return (name, "weight") }
    return (String(name.dropLast(ending.count)), parameter)
  }
}

/// The conventions that are understood.
enum CheckpointConventions {
  static let all: [any CheckpointConvention] = [
    ReferenceCRATE(), NanoGPT(), GPT2(), CRATEBERT(), BERT(), ExportedModel(), StoredRun(),
  ]
}
