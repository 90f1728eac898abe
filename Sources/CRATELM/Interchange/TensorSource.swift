package import Storage

/// A checkpoint of any format, with access to its tensors by name.
package protocol TensorSource {
  /// The tensors, with distinct names.
  var tensors: [StoredTensor] { get }

  /// The integers that training code stored with the tensors.
  var arguments: [String: Int] { get }

  /// Whether the format has checksums of the numbers, all or those that a file has.
  var hasChecksums: Bool { get }

  /// The elements of the tensor named `name`, row by row, in single precision.
  ///
  /// - Throws: `FileError`, ``Damage``.
  func floats(of name: String) throws -> [Float]

  /// Checks the numbers against the checksums of the files.
  ///
  /// - Returns: the extent of the check.
  /// - Throws: `FileError`, ``Damage``.
  @discardableResult
  func verify() throws -> Assurance
}

extension TensorSource {
  /// Most formats hold nothing but tensors.
  package var arguments: [String: Int] { [:] }
  package var hasChecksums: Bool { true }
}

extension SafeTensorsReader: TensorSource {}
