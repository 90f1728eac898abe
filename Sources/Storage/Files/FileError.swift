public import SystemPackage

/// A file or directory that cannot be used as requested.
public enum FileError: Error, CustomStringConvertible {
  /// Nothing exists at the path; `remedy` may say how to go on.
  case missing(FilePath, remedy: String? = nil)
  /// The path exists but is of the wrong kind; `expected` names the right one, and `remedy` may say
  /// how to go on.
  case wrongKind(FilePath, expected: String, remedy: String? = nil)
  /// The output cannot be created, because of `reason`.
  case cannotCreate(FilePath, reason: String)
  /// Another process, whose number may be known, is writing the output.
  case inUse(FilePath, process: Int?)
  /// A directory for output is not empty; `remedy` says how to go on.
  case notEmpty(FilePath, remedy: String)
  /// The file is longer than the limit for reading it at once.
  case tooLong(FilePath, limit: Int)
  /// Reading failed.
  case readFailed(FilePath, Errno)
  /// Writing failed, a full disk included.
  case writeFailed(FilePath, Errno)
  /// The disk lacks the `needed` bytes; `available` are free, and `remedy` says how to go on.
  case noSpace(FilePath, needed: Int, available: Int, remedy: String)

  /// One sentence: the path, the expected, the found.
  public var description: String {
    switch self {
    case .missing(let path, let remedy): "\(path) does not exist\(Self.ending(remedy))."
    case .wrongKind(let path, let expected, let remedy):
      "\(path) is not \(expected)\(Self.ending(remedy))."
    case .cannotCreate(let path, let reason): "\(path) cannot be created: \(reason)."
    case .inUse(let path, let process):
      "\(path) is in use: "
        + (process.map { "process \($0)" } ?? "another process") + " is writing it."
    case .notEmpty(let path, let remedy): "\(path) exists and is not empty; \(remedy)."
    case .tooLong(let path, let limit):
      "\(path) has more than \(limit) bytes, the most that such a file may have."
    case .readFailed(let path, let errno): "\(path) could not be read: \(errno)."
    case .writeFailed(let path, let errno): "\(path) could not be written: \(errno)."
    case .noSpace(let path, let needed, let available, let remedy):
      "\(path) needs \(needed.counting("byte")) of disk space and \(available) are free; \(remedy)."
    }
  }

  private static func ending(_ remedy: String?) -> String { remedy.map { "; \($0)" } ?? "" }

  /// Whether writing failed because the disk or the user's quota is full.
  package var isFullDisk: Bool {
    switch self {
    case .writeFailed(_, .noSpace), .writeFailed(_, .diskQuotaExceeded), .noSpace: true
    default: false
    }
  }

  /// The same failure with `path` instead of the temporary file.
  func naming(_ path: FilePath, insteadOf temporary: FilePath) -> FileError {
    switch self {
    case .writeFailed(temporary, let errno), .writeFailed(path, let errno):
      .writeFailed(path, errno)
    case .cannotCreate(temporary, let reason): .cannotCreate(path, reason: reason)
    case .inUse(temporary, let process): .inUse(path, process: process)
    default: self
    }
  }
}
