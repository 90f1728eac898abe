import Storage
public import SystemPackage

/// The checkpoints that are kept under other names than their steps.
extension CheckpointStore {
  /// The names of what a run that became longer leaves behind, without the step.
  enum SetAside: String, CaseIterable {
    case decayed = "decayed-"
    case best = "best-"

    func name(of step: Int) -> String { rawValue + step.digits(8) }
  }

  private static let logName = (prefix: "metrics-", suffix: ".jsonl")

  /// The log that a run leaves behind after `step`.
  func logLeft(after step: Int) -> FilePath {
    run.path.appending(Self.logName.prefix + step.digits(8) + Self.logName.suffix)
  }

  /// The best checkpoint and those left behind, by name.
  ///
  /// - Throws: `FileError` if the directory cannot be read.
  public func named() throws -> [FilePath] {
    guard FileSystem.kind(of: run.checkpoints) == .directory else { return [] }
    return try FileSystem.names(in: run.checkpoints).map { run.checkpoints.appending($0) }.filter {
      Self.isNamed($0, besides: run.best)
    }
  }

  private static func isNamed(_ path: FilePath, besides best: FilePath) -> Bool {
    let name = path.lastComponent?.string ?? ""
    return path == best
      || SetAside.allCases.contains { isStep(name.dropPrefix($0.rawValue) ?? "") }
  }

  private static func isStep(_ digits: Substring) -> Bool {
    Int(digits).map { $0.digits(8) == digits } ?? false
  }

  /// Removes the best checkpoint and everything left behind, of a run that is replaced.
  func removeNamed() throws {
    for path in try named() {
      try FileSystem.remove(path.appending(Checkpoint.manifestName))
      try FileSystem.remove(path)
    }
    for name in try FileSystem.names(in: run.path) {
      guard name.hasSuffix(Self.logName.suffix),
        let rest = name.dropPrefix(Self.logName.prefix),
        Self.isStep(rest.dropLast(Self.logName.suffix.count))
      else { continue }
      try FileSystem.remove(run.path.appending(name))
    }
  }
}

extension String {
  /// The rest after `prefix`; `nil` if it begins otherwise.
  fileprivate func dropPrefix(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
