/// The numbers of a vector that are not zero, with their places, for products that skip the rest.
struct SparseInputs: Sendable {
  private(set) var indices: [Int32] = []
  private(set) var coefficients: [Float] = []

  var count: Int { indices.count }

  /// `α · x`, times `scales` where there are some.
  init(_ x: Row, alpha: Float, scales: Row?) {
    indices.reserveCapacity(x.count)
    coefficients.reserveCapacity(x.count)
    for index in 0..<x.count where x[index] != 0 {
      indices.append(Int32(truncatingIfNeeded: index))
      coefficients.append(alpha * x[index] * (scales?[index] ?? 1))
    }
  }

  /// Some of them, one after the other.
  struct Part: Sendable {
    let inputs: SparseInputs
    let range: Range<Int>

    func withPointers(
      _ body: (
        _ indices: UnsafePointer<Int32>?, _ coefficients: UnsafePointer<Float>?, _ count: Int
      ) -> Void
    ) {
      unsafe inputs.indices.withUnsafeBufferPointer { indices in
        unsafe inputs.coefficients.withUnsafeBufferPointer { coefficients in
          unsafe body(
            indices.extracting(range).baseAddress, coefficients.extracting(range).baseAddress,
            range.count)
        }
      }
    }
  }

  /// Those numbered `range`.
  subscript(range: Range<Int>) -> Part { Part(inputs: self, range: range) }

  /// All of them.
  var all: Part { self[0..<count] }
}
