public import SystemPackage

/// A file that is not as it was written, or that breaks a rule of its format.
///
/// The readers of files say where; the owner of a file adds what to do about it.
public struct Damage: Error, Hashable, CustomStringConvertible {
  /// The file.
  public let path: FilePath
  /// The bytes of the file that hold the fault; `nil` if they are not known.
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

/// A rule of a format that a file breaks, as a clause for use after its path.
///
/// The reader of the file, which knows the path, makes ``Damage`` of it.
package struct FormatViolation: Error, Equatable {
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// The share of a file that its checksums vouch for.
public enum Assurance: Sendable {
  /// Every bit has a checksum, which matches.
  case everyBit
  /// The format holds and the checksums there are match; files of other programs have few.
  case format
}
