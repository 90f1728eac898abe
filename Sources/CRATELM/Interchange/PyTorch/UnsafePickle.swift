import Storage
import SystemPackage

/// A pickle that needs more than tensors and plain values, which alone are read safely.
struct UnsafePickle: Error {
  /// What it needs, as a clause.
  let reason: String

  /// The error of the file at `path`.
  func file(_ path: FilePath) -> ForeignFile {
    ForeignFile(
      path,
      reason: "it is not readable safely: \(reason), and only tensors and plain values are read; "
        + "save its state dict by itself, torch.save(model.state_dict(), ...)")
  }
}
