/// A model exported by this program for the transformers library, perhaps saved there again, with
/// the names of PyTorch's modules.
struct ExportedModel: CheckpointConvention {
  let title = "a model exported by crate-lm"
  let ties = [(copy: "lm_head.weight", original: "model.token_embedding.weight")]

  func recognizes(_ subject: ImportSubject) -> Bool {
    subject.shape("model.token_embedding.weight") != nil
  }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    try ExportedConfiguration.model(subject.requiredSettings(title))
  }

  func recipe(for name: String) -> TensorRecipe? { .copy(Self.name(for: name)) }

  /// PyTorch's name of our tensor `name`, in the modules of `modeling_crate.py`.
  static func name(for name: String) -> String {
    if name == "head.bias" { return "lm_head.bias" }
    let (module, parameter) = moduleParameter(name)
    let path = module.hasSuffix("dictionary") ? module : "\(module).\(parameter)"
    return path.hasPrefix("head.") ? path : "model." + path
  }
}
