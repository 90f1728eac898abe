package import SystemPackage

/// An undamaged file that is not what its name says, or of an unknown version.
///
/// The owner of the file adds the remedy.
package struct ForeignFile: Error, Hashable {
  package let path: FilePath
  /// The expected and the found, as a clause.
  package let reason: String

  package init(_ path: FilePath, reason: String) {
    self.path = path
    self.reason = reason
  }
}
