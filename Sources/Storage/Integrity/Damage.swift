public import SystemPackage

/// A file that has changed since it was written, or that breaks a rule of its format.
///
/// The reader of a file gives the bytes; the owner of the file adds the remedy.
public struct Damage: Error, Hashable, CustomStringConvertible {
  /// The file.
  public let path: FilePath
  /// The faulty bytes of the file; `nil` if they are not known.
  public let bytes: Range<Int>?
  /// The expected and the found, as a clause.
  public let reason: String

  /// A fault of the file at `path`.
  public init(_ path: FilePath, at bytes: Range<Int>? = nil, reason: String) {
    self.path = path
    self.bytes = bytes
    self.reason = reason
  }

  /// One clause: the path, the bytes, the expected and the found.
  public var description: String {
    let place = bytes.map {
      $0.lowerBound &+ 1 == $0.upperBound
        ? " at byte \($0.lowerBound)" : " in bytes \($0)"
    }
    return "\(path) is damaged\(place ?? ""): \(reason)"
  }
}

/// A broken rule of a format, as a clause for use after the file's path.
///
/// The reader of the file, which knows the path, turns it into ``Damage``.
package struct FormatViolation: Error, Equatable {
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// The part of a file that a check has covered.
public enum Assurance: Sendable {
  /// Checksums of every bit match.
  case everyBit
  /// The format is valid and existing checksums match; files of other programs have few.
  case format
  /// The format is valid, and has no checksums.
  case structure
}
