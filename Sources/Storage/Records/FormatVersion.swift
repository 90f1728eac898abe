/// The version that a document says it has, which is not the one that this program knows.
package struct FormatVersion: Error, CustomStringConvertible {
  /// The version in the document; `nil` if it has none.
  package let found: Int64?
  /// The version that this program writes, and the newest that it reads.
  package let known: Int

  /// The member that holds it.
  package static let key = "format_version"

  /// Checks the version of the document `object`.
  ///
  /// - Parameters:
  ///   - object: the document; `nil` if it is no object.
  ///   - known: the version that this program knows.
  ///   - unstated: the version of documents that do not say theirs; `nil` if all do.
  /// - Throws: the version found, if it is another than `known`.
  package static func check(
    _ object: JSONObject?, known: Int, unstated: Int? = nil
  ) throws(FormatVersion) {
    let member = object?[key]
    let found = member == nil && object != nil ? unstated.map(Int64.init) : member?.integer
    guard found == Int64(known) else { throw FormatVersion(found: found, known: known) }
  }

  /// A phrase for the version that was found, and for who wrote it.
  package var description: String {
    guard let found else { return "no \(Self.key)" }
    return "format version \(found)" + (found > known ? ", which a newer program wrote" : "")
  }
}
