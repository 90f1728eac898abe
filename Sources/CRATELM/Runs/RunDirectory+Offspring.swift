import Storage
package import SystemPackage

extension RunDirectory {
  /// The first free path of `PATH-2`, `PATH-3`, ….
  package var freeSibling: FilePath {
    let free = (2...).lazy.map { FilePath("\(path)-\($0)") }
      .first { FileSystem.kind(of: $0) == nil }
    return free ?? path
  }

  /// The command that begins another run with the weights of this one, and with its data and plan
  /// but for `options`; `nil` if this run has no weights.
  package func offspringCommand(_ options: [String] = []) -> String? {
    guard FileSystem.kind(of: weights) != nil else { return nil }
    let words =
      ["crate-lm", "pretrain", "--config", configuration.string, "--from", path.string]
      + ["-o", freeSibling.string] + options
    return words.map(\.shellWord).joined(separator: " ")
  }

  /// The remedy for what this run cannot do: the command of another run, if it can begin with this
  /// one's weights.
  package func offspringRemedy(_ options: [String] = []) -> String {
    offspringCommand(options).map { "begin another run with its weights: \($0)" }
      ?? "start another run with -o"
  }
}
