package import SystemPackage

/// A file that is whole and is not what its name says, or is of an unknown version.
///
/// The owner of the file adds what to do about it.
package struct ForeignFile: Error, Hashable {
  package let path: FilePath
  /// The expected and the found, as a clause.
  package let reason: String

  package init(_ path: FilePath, reason: String) {
    self.path = path
    self.reason = reason
  }
}
