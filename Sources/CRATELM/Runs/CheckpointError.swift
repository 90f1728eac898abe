public import Storage
public import SystemPackage

/// A run, checkpoint or weights file that cannot be used.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file is not what its name says, or of an unknown version; `reason` has the details.
  case foreign(FilePath, reason: String)
  /// A file of a run is damaged.
  case damaged(Damage)
  /// A file to import is damaged.
  case damagedImport(Damage)
  /// The tensors do not fit the model; each problem names a tensor.
  case mismatch(FilePath, problems: [String])
  /// A run directory without a checkpoint that passes its checks.
  case nothingToResume(FilePath)

  /// One sentence: the path, the expected, the found, the remedy.
  public var description: String {
    switch self {
    case .foreign(let path, let reason): "\(path) cannot be used: \(reason)."
    case .damaged(let damage): "\(damage); use an older checkpoint or make it anew."
    case .damagedImport(let damage): "\(damage); get it again from where it came."
    case .mismatch(let path, let problems):
      "\(path) does not fit the model: \(Self.summary(problems))."
    case .nothingToResume(let path):
      "\(path) holds no checkpoint that passes its checks; start with --overwrite or another run."
    }
  }

  /// Runs `body`, turning `Damage` into `owner`'s error, `ForeignFile` into ``foreign(_:reason:)``.
  package static func owning<Result>(
    as owner: (Damage) -> CheckpointError = CheckpointError.damaged, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let damage as Damage {
      throw owner(damage)
    } catch let foreign as ForeignFile {
      throw CheckpointError.foreign(foreign.path, reason: foreign.reason)
    }
  }

  private static let longestList = 500

  /// The problems, or the first ``longestList`` of them and the number of the others.
  private static func summary(_ problems: [String]) -> String {
    let rest = problems.count - longestList
    return problems.prefix(longestList).joined(separator: "; ")
      + (rest > 0 ? "; and \(rest) more" : "")
  }
}
