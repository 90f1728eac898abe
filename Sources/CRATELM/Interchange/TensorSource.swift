package import Storage

/// A checkpoint whose tensors are read by name, whatever its format.
package protocol TensorSource {
  /// The tensors, each name once.
  var tensors: [StoredTensor] { get }

  /// The elements of the tensor called `name`, row by row, as single-precision numbers.
  ///
  /// - Throws: `FileError`, ``Damage``.
  func floats(of name: String) throws -> [Float]

  /// Checks the numbers against what checksums the files have.
  ///
  /// - Returns: how much these vouch for.
  /// - Throws: `FileError`, ``Damage``.
  @discardableResult
  func verify() throws -> Assurance
}

extension SafeTensorsReader: TensorSource {}
