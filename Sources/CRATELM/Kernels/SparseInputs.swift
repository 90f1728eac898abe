// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [vectors, k]   coefficients of the k rows of a matrix

/// The columns of some vectors with a non-zero in at least one vector: their indices, and the
/// elements of every vector there.
struct SparseInputs: Sendable {
  let vectorCount: Int
  /// The indices of the columns, rising.
  private let places: [Int32]
  /// The elements of each vector there, `[vectors, indices]`.
  private let coefficients: [Float]
  /// The end of every part among the indices.
  private let ends: [Int]

  /// The columns of a part, zeros included; a part is summed up by itself.
  static let numbersPerPart = 96

  /// `α · X`, times `scales` if there are any; NaN is not zero.
  ///
  /// - Parameters:
  ///   - X: `[vectors, k]`.
  ///   - alpha: α of each vector.
  ///   - scales: `[k]`.
  init(_ X: Matrix, alpha: (_ vector: Int) -> Float, scales: Row?) {
    vectorCount = X.rows
    var ends: [Int] = []
    let places = unsafe [Int32](unsafeUninitializedCapacity: X.columns) { places, count in
      for start in stride(from: 0, to: X.columns, by: Self.numbersPerPart) {
        for place in start..<min(start + Self.numbersPerPart, X.columns) {
          unsafe places[count] = Int32(truncatingIfNeeded: place)
          // A single vector, whose zeros are unpredictable, needs no branch in this order.
          var (isRead, row) = (X[0][place] != 0, 1)
          while row < X.rows && !isRead { (isRead, row) = (X[row][place] != 0, row + 1) }
          count += isRead ? 1 : 0
        }
        ends.append(count)
      }
    }
    coefficients = unsafe [Float](unsafeUninitializedCapacity: X.rows * places.count) {
      factors, count in
      count = X.rows * places.count
      for row in 0..<X.rows {
        let (x, factor) = (X[row], alpha(row))
        for (index, place) in places.enumerated() {
          let scale = scales?[Int(place)] ?? 1
          unsafe factors[row * places.count + index] = factor * x[Int(place)] * scale
        }
      }
    }
    (self.places, self.ends) = (places, ends)
  }

  /// The number of the matrix's rows that are read.
  var count: Int { places.count }

  var partCount: Int { ends.count }

  /// The rows of part `index`.
  subscript(index: Int) -> Part {
    Part(inputs: self, range: (index > 0 ? ends[index - 1] : 0)..<ends[index])
  }

  /// Consecutive inputs.
  struct Part: Sendable {
    fileprivate let inputs: SparseInputs
    fileprivate let range: Range<Int>

    var count: Int { range.count }
    var vectorCount: Int { inputs.vectorCount }

    /// Runs `body` with the indices and the coefficients; the coefficients of the next vector
    /// follow `stride` floats later.
    func withPointers(
      _ body: (
        _ places: UnsafePointer<Int32>?, _ coefficients: UnsafePointer<Float>?, _ stride: Int
      ) -> Void
    ) {
      unsafe inputs.places.withUnsafeBufferPointer { places in
        unsafe inputs.coefficients.withUnsafeBufferPointer { coefficients in
          unsafe body(
            places.extracting(range).baseAddress,
            coefficients.baseAddress.map { unsafe $0 + range.lowerBound }, inputs.count)
        }
      }
    }
  }
}
