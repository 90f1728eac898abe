/// A format version that this program does not read.
package struct FormatVersion: Error, CustomStringConvertible {
  /// The version in the document; `nil` if it has none.
  package let found: Int64?
  /// The versions that this program reads; it writes the newest.
  package let known: ClosedRange<Int>

  /// The key of the version in a document.
  package static let key = "format_version"

  /// Checks the version of the document `object`.
  ///
  /// - Parameters:
  ///   - object: the document; `nil` if it is no object.
  ///   - known: the versions that this program reads.
  ///   - unstated: the version of documents that state none; `nil` if all must state it.
  /// - Throws: the version found, unless it is one of `known`.
  package static func check(
    _ object: JSONObject?, known: ClosedRange<Int>, unstated: Int? = nil
  ) throws(FormatVersion) {
    let member = object?[key]
    let found = member == nil && object != nil ? unstated.map(Int64.init) : member?.integer
    guard let found, let version = Int(exactly: found), known.contains(version) else {
      throw FormatVersion(found: found, known: known)
    }
  }

  /// The versions that this program reads, in words.
  package var expected: String {
    known.count == 1 ? "\(known.lowerBound)" : "\(known.lowerBound) to \(known.upperBound)"
  }

  /// A phrase for the version found.
  package var description: String {
    guard let found else { return "no \(Self.key)" }
    return "format version \(found)"
      + (found > known.upperBound ? ", which a newer program wrote" : "")
  }
}
