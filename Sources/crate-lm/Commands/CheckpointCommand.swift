import ArgumentParser

/// Trained states on disk.
struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Look into runs, checkpoints and files of tensors, and check every bit of them.",
    subcommands: [CheckpointInspect.self, CheckpointVerify.self])
}
