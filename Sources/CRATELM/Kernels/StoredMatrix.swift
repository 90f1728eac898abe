// swift-format-ignore-file: AlwaysUseLowerCamelCase
// W = diag(r)·Q·diag(c)  [rows, columns]   Q  elements in a format     r, c  optional scales

import CKernels

/// A row-major view of finite weights in one of the formats, owned by a ``Buffer``.
@safe
package struct StoredMatrix: @unchecked Sendable {
  package let format: NumberFormat
  package let rows: Int
  package let columns: Int
  private let stride: Int
  private let elements: UnsafeMutableRawPointer
  /// r, of 8-bit integers with one scale per row.
  let rowScales: Row?
  /// c, of 8-bit integers with one scale per column.
  let columnScales: Row?

  /// A view of `matrix` in single precision.
  package init(_ matrix: Matrix) {
    format = .fp32
    (rows, columns, stride) = (matrix.rows, matrix.columns, matrix.stride)
    unsafe elements = UnsafeMutableRawPointer(matrix.base)
    (rowScales, columnScales) = (nil, nil)
  }

  /// A view of `storage`, which holds at least ``floatCount(_:rows:columns:)`` floats.
  package init(
    _ format: NumberFormat, rows: Int, columns: Int, in storage: Row, rowScales: Row? = nil,
    columnScales: Row? = nil
  ) {
    precondition(storage.count >= Self.floatCount(format, rows: rows, columns: columns))
    self.format = format
    (self.rows, self.columns, stride) = (rows, columns, columns)
    unsafe elements = UnsafeMutableRawPointer(storage.base)
    (self.rowScales, self.columnScales) = (rowScales, columnScales)
  }

  /// The memory of a matrix in a format, in floats.
  static func floatCount(_ format: NumberFormat, rows: Int, columns: Int) -> Int {
    (rows * columns * format.byteCount + 3) / 4
  }

  /// Runs `body` with a matrix that is valid during the call.
  static func withTemporary(
    _ format: NumberFormat, rows: Int, columns: Int, _ body: (StoredMatrix) -> Void
  ) {
    let count = floatCount(format, rows: rows, columns: columns)
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { memory in
      guard let base = memory.baseAddress else { return }
      unsafe body(
        StoredMatrix(format, rows: rows, columns: columns, in: Row(base: base, count: count)))
    }
  }

  /// A row of single-precision weights.
  func floats(ofRow row: Int) -> Row {
    precondition(format == .fp32)
    return unsafe Row(
      base: elements.assumingMemoryBound(to: Float.self) + row * stride, count: columns)
  }

  /// `Y ← α · X·W[range]ᵀ + β · Y`.
  ///
  /// - Parameters:
  ///   - X: `[few, columns]`.
  ///   - range: the rows of W.
  ///   - Y: `[few, range.count]`.
  ///   - alpha: α.
  ///   - beta: β; 0 overwrites.
  func rowDots(
    _ X: Matrix, rows range: Range<Int>, into Y: Matrix, alpha: Float, beta: Float = 0
  ) {
    precondition(X.columns == columns && X.rows == Y.rows && columnScales == nil)
    precondition(Y.columns == range.count && range.upperBound <= rows)
    let dots = unsafe RowDots(
      weights: weights(firstRow: range.lowerBound), rows: range.count, vectors: X.rows, x: X.base,
      scales: rowScales?[range].base, x_stride: X.stride, alpha: alpha, beta: beta, y: Y.base,
      y_stride: Y.stride)
    switch format {
    case .fp32: unsafe fp32_row_dots(dots)
    case .bf16: unsafe bf16_row_dots(dots)
    case .int8: unsafe int8_row_dots(dots)
    }
  }

  /// `y ← α · W[range]·x`.
  func rowDots(_ x: Row, rows range: Range<Int>, into y: Row, alpha: Float) {
    rowDots(Matrix(x), rows: range, into: Matrix(y), alpha: alpha)
  }

  /// `Y ← X·W[:, range]` without scales, for a part of the inputs X.
  ///
  /// - Parameters:
  ///   - part: the part of X; an empty part gives zeros.
  ///   - range: the columns of W.
  ///   - Y: `[vectors, range.count]`.
  func combination(_ part: SparseInputs.Part, columns range: Range<Int>, into Y: Matrix) {
    precondition(Y.rows == part.vectorCount && Y.columns == range.count)
    precondition(range.upperBound <= columns)
    unsafe part.withPointers { indices, coefficients, stride in
      let combination = unsafe RowCombination(
        weights: weights(firstColumn: range.lowerBound, columns: range.count), indices: indices,
        coefficients: coefficients, count: part.count, vectors: Y.rows, coefficient_stride: stride,
        y: Y.base, y_stride: Y.stride)
      switch format {
      case .fp32: unsafe fp32_row_combination(combination)
      case .bf16: unsafe bf16_row_combination(combination)
      case .int8: unsafe int8_row_combination(combination)
      }
    }
  }

  /// `y ← x·W[0..<x.count]`, zeros of `x` included.
  func combination(_ x: Row, into y: Row) {
    precondition(x.count <= rows && y.count == columns && format == .fp32 && columnScales == nil)
    unsafe fp32_row_combination(
      RowCombination(
        weights: weights(), indices: nil, coefficients: x.base, count: x.count, vectors: 1,
        coefficient_stride: 0, y: y.base, y_stride: 0))
  }

  /// `y ← c[range] ∘ Σ parts + β · y`, one part after the other.
  ///
  /// - Parameters:
  ///   - parts: the combinations of a vector's parts, in every `stride`-th row.
  ///   - stride: the distance of the parts, in rows.
  ///   - range: the columns.
  ///   - y: `[range.count]`.
  ///   - beta: β; 0 overwrites.
  func add(
    _ parts: Matrix, every stride: Int, columns range: Range<Int>, to y: Row, beta: Float
  ) {
    precondition(parts.columns == range.count && y.count == range.count)
    unsafe add_parts(
      PartSum(
        parts: parts.base, stride: stride * parts.stride,
        count: (parts.rows + stride - 1) / stride, columns: range.count,
        scales: columnScales?[range].base, beta: beta, y: y.base))
  }

  /// Writes a block of weights to `matrix` in single precision, scales included.
  package func expand(rows: Range<Int>, columns: Range<Int>, into matrix: Matrix) {
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

  /// Rounds `source` to the format and stores it as row `row`.
  ///
  /// - Returns: the scale of the row: max |x| / 127 for 8-bit integers, else 1.
  package func round(_ source: Row, toRow row: Int) -> Float {
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

  /// Writes the rows of `source`, which has the same format, to the columns from `first` on.
  func transpose(_ source: StoredMatrix, toColumnsFrom first: Int) {
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

extension Matrix {
  /// A row as a matrix.
  fileprivate init(_ row: Row) {
    unsafe self.init(base: row.base, rows: 1, columns: row.count, stride: row.count)
  }
}
