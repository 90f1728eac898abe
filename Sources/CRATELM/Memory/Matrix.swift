/// A row-major view of `rows × columns` floats owned by a ``Buffer``.
///
/// A view never outlives the call that made it: types store slots, not views. `stride` is the
/// distance between the starts of neighbouring rows, so the columns of one head are a matrix too.
@safe
package struct Matrix: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let rows: Int
  package let columns: Int
  package let stride: Int

  init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
    unsafe self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// A row; only debug builds check the index.
  package subscript(row: Int) -> Row {
    assert(row >= 0 && row < rows, "row \(row) of \(rows)")
    return unsafe Row(base: base + row &* stride, count: columns)
  }

  /// The rows in `range`.
  package func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return unsafe Matrix(
      base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// The columns in `range`.
  package func columns(_ range: Range<Int>) -> Matrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return unsafe Matrix(
      base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Group `index` of the rows, taken in groups of `count`.
  package func group(_ index: Int, of count: Int) -> Matrix {
    rows(index * count..<(index + 1) * count)
  }

  /// Sets every element to zero.
  package func clear() {
    for row in 0..<rows { self[row].fill(0) }
  }

  /// Copies the elements of `other`, a matrix of the same shape.
  package func copy(from other: Matrix) {
    precondition(
      rows == other.rows && columns == other.columns,
      "[\(rows), \(columns)] from [\(other.rows), \(other.columns)]")
    for row in 0..<rows { self[row].copy(from: other[row]) }
  }

  /// Runs `body` with the bytes of all elements, for writing files.
  ///
  /// - Precondition: no gaps between rows.
  package func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(stride == columns || rows < 2, "rows of \(columns) floats every \(stride)")
    return try unsafe body(
      UnsafeRawBufferPointer(start: base, count: rows * columns * MemoryLayout<Float>.stride))
  }

  /// The elements row by row, for tests and reports.
  package var elements: [Float] {
    (0..<rows).flatMap { row in (0..<columns).map { self[row][$0] } }
  }
}

/// A view of `count` consecutive floats.
@safe
package struct Row: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  init(base: UnsafeMutablePointer<Float>, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  package subscript(index: Int) -> Float {
    get {
      assert(index >= 0 && index < count, "element \(index) of \(count)")
      return unsafe base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count, "element \(index) of \(count)")
      unsafe base[index] = newValue
    }
  }

  /// The floats in `range`.
  package subscript(range: Range<Int>) -> Row {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
    return unsafe Row(base: base + range.lowerBound, count: range.count)
  }

  package func fill(_ value: Float) {
    unsafe base.update(repeating: value, count: count)
  }

  package func copy(from other: Row) {
    precondition(count == other.count, "\(count) floats from \(other.count)")
    unsafe base.update(from: other.base, count: count)
  }
}
