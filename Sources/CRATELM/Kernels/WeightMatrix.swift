// swift-format-ignore-file: AlwaysUseLowerCamelCase
// W = diag(r)·Q·diag(c)  [rows, columns]   Q  elements in a format     r, c  scales, or none

import CKernels

/// A row-major view of weights in one of the formats, owned by a ``Buffer``.
@safe
package struct WeightMatrix: @unchecked Sendable {
  package let format: WeightFormat
  package let rows: Int
  package let columns: Int
  private let stride: Int
  private let elements: UnsafeMutableRawPointer
  /// r, which 8-bit integers have where rows were rounded together.
  let rowScales: Row?
  /// c, which 8-bit integers have where columns were rounded together.
  let columnScales: Row?

  /// The weights of `matrix`, as they are.
  package init(_ matrix: Matrix) {
    format = .fp32
    (rows, columns, stride) = (matrix.rows, matrix.columns, matrix.stride)
    unsafe elements = UnsafeMutableRawPointer(matrix.base)
    (rowScales, columnScales) = (nil, nil)
  }

  /// A view of `storage`, which ``floatCount(_:rows:columns:)`` gives the size of.
  init(
    _ format: WeightFormat, rows: Int, columns: Int, in storage: Row, rowScales: Row? = nil,
    columnScales: Row? = nil
  ) {
    precondition(storage.count >= Self.floatCount(format, rows: rows, columns: columns))
    self.format = format
    (self.rows, self.columns, stride) = (rows, columns, columns)
    unsafe elements = UnsafeMutableRawPointer(storage.base)
    (self.rowScales, self.columnScales) = (rowScales, columnScales)
  }

  /// The floats whose memory a matrix of a format takes.
  static func floatCount(_ format: WeightFormat, rows: Int, columns: Int) -> Int {
    (rows * columns * format.byteCount + 3) / 4
  }

  /// Runs `body` with a matrix that ends with it.
  static func withTemporary(
    _ format: WeightFormat, rows: Int, columns: Int, _ body: (WeightMatrix) -> Void
  ) {
    let count = floatCount(format, rows: rows, columns: columns)
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { memory in
      guard let base = memory.baseAddress else { return }
      unsafe body(
        WeightMatrix(format, rows: rows, columns: columns, in: Row(base: base, count: count)))
    }
  }

  /// Row `row` of single-precision weights.
  func floats(ofRow row: Int) -> Row {
    precondition(format == .fp32)
    return unsafe Row(
      base: elements.assumingMemoryBound(to: Float.self) + row * stride, count: columns)
  }

  /// `y ← α · W[range]·x + β · y`.
  ///
  /// - Parameters:
  ///   - x: `[columns]`.
  ///   - range: the rows.
  ///   - y: a number for each of them.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  func rowDots(_ x: Row, rows range: Range<Int>, into y: Row, alpha: Float = 1, beta: Float = 0) {
    precondition(x.count == columns && y.count == range.count && columnScales == nil)
    let dots = unsafe RowDots(
      weights: weights(firstRow: range.lowerBound), rows: range.count, x: x.base,
      scales: rowScales?[range].base, alpha: alpha, beta: beta, y: y.base)
    switch format {
    case .fp32: unsafe fp32_row_dots(dots)
    case .bf16: unsafe bf16_row_dots(dots)
    case .int8: unsafe int8_row_dots(dots)
    }
  }

  /// `y ← x·W[:, range]` without the scales of rows, which `inputs` have taken in.
  ///
  /// - Parameters:
  ///   - inputs: those of the numbers of x that are not zero, and which they are.
  ///   - range: the columns.
  ///   - y: a number for each of them.
  func combination(_ inputs: SparseInputs.Part, columns range: Range<Int>, into y: Row) {
    precondition(y.count == range.count)
    unsafe inputs.withPointers { indices, coefficients, count in
      let combination = unsafe RowCombination(
        weights: weights(firstColumn: range.lowerBound, columns: range.count), indices: indices,
        coefficients: coefficients, count: count, y: y.base)
      switch format {
      case .fp32: unsafe fp32_row_combination(combination)
      case .bf16: unsafe bf16_row_combination(combination)
      case .int8: unsafe int8_row_combination(combination)
      }
    }
    if let columnScales {
      for (index, column) in range.enumerated() { y[index] *= columnScales[column] }
    }
  }

  /// `y ← x·W[0..<count]`, the `count` numbers of x being for the first rows, none left out.
  func combination(_ x: Row, into y: Row) {
    precondition(x.count <= rows && y.count == columns && format == .fp32 && columnScales == nil)
    unsafe fp32_row_combination(
      RowCombination(
        weights: weights(), indices: nil, coefficients: x.base, count: x.count, y: y.base))
  }

  /// Writes the weights of some rows and columns to `matrix`, in single precision.
  func expand(rows: Range<Int>, columns: Range<Int>, into matrix: Matrix) {
    precondition(matrix.rows == rows.count && matrix.columns == columns.count)
    for (index, row) in rows.enumerated() {
      let target = matrix[index]
      let source = unsafe elements + (row * stride + columns.lowerBound) * format.byteCount
      switch format {
      case .fp32:
        unsafe target.base.update(
          from: source.assumingMemoryBound(to: Float.self), count: target.count)
      case .bf16:
        unsafe bf16_expand(
          source.assumingMemoryBound(to: UInt16.self), target.count, target.base)
      case .int8:
        unsafe int8_expand(
          source.assumingMemoryBound(to: Int8.self), rowScales?[row] ?? 1, target.count,
          target.base)
      }
      if let columnScales {
        for (index, column) in columns.enumerated() { target[index] *= columnScales[column] }
      }
    }
  }

  /// Rounds `source` to the format of row `row`, which has no scale of columns.
  ///
  /// - Returns: the scale of the row, 1 but for 8-bit integers.
  func round(_ source: Row, toRow row: Int) -> Float {
    precondition(source.count == columns)
    let target = unsafe elements + row * stride * format.byteCount
    switch format {
    case .fp32:
      unsafe target.assumingMemoryBound(to: Float.self).update(from: source.base, count: columns)
    case .bf16:
      unsafe bf16_round(source.base, columns, target.assumingMemoryBound(to: UInt16.self))
    case .int8:
      return unsafe int8_round(source.base, columns, target.assumingMemoryBound(to: Int8.self))
    }
    return 1
  }

  /// Makes columns `first...` the rows of `source`, which has the same format.
  func transpose(_ source: WeightMatrix, toColumnsFrom first: Int) {
    precondition(source.columns == rows && first + source.rows <= columns)
    precondition(source.format == format)
    let target = unsafe elements + first * format.byteCount
    let (m, n) = (source.rows, source.columns)
    switch format {
    case .fp32:
      unsafe words_transpose(
        source.elements.assumingMemoryBound(to: UInt32.self), m, n, source.stride,
        target.assumingMemoryBound(to: UInt32.self), stride)
    case .bf16:
      unsafe halves_transpose(
        source.elements.assumingMemoryBound(to: UInt16.self), m, n, source.stride,
        target.assumingMemoryBound(to: UInt16.self), stride)
    case .int8:
      unsafe bytes_transpose(
        source.elements.assumingMemoryBound(to: UInt8.self), m, n, source.stride,
        target.assumingMemoryBound(to: UInt8.self), stride)
    }
  }

  private func weights(firstRow: Int = 0, firstColumn: Int = 0, columns: Int? = nil) -> WeightRows {
    unsafe WeightRows(
      elements: elements + (firstRow * stride + firstColumn) * format.byteCount, stride: stride,
      columns: columns ?? self.columns)
  }
}
