import Storage

/// A run of this program, or its weights exported under their own names.
struct StoredRun: CheckpointConvention {
  let title = "a run of crate-lm"

  func recognizes(_ subject: ImportSubject) -> Bool { subject.shape("token_embedding") != nil }

  func configuration(_ subject: ImportSubject) throws -> ModelConfiguration {
    try RunRecord.read(from: RunDirectory(subject.requiredSettings(title).path.parent)).model
  }

  func recipe(for name: String) -> TensorRecipe? { .copy(name) }
}
