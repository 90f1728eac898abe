package import Parallel

extension Workers {
  /// Threads for products; each calls the BLAS with one thread.
  ///
  /// There are `threads` of them, or one if the BLAS forbids concurrent calls.
  package init(threads: Int) {
    self.init(count: BLAS.selected.allowsConcurrentCalls ? threads : 1)
  }

  /// The number of threads that `threads` asks for; `nil` asks for one per processor.
  ///
  /// - Throws: ``ConfigurationError`` for fewer than one.
  package static func count(_ threads: Int?) throws(ConfigurationError) -> Int {
    guard let threads else { return available }
    guard threads > 0 else {
      throw ConfigurationError("The number of threads is \(threads); expected at least 1.")
    }
    return threads
  }

  /// Runs `body` for every tile of at most `rows × columns` elements of a matrix.
  func forEachTile(
    of matrix: Matrix, rows: Int, columns: Int,
    _ body: @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let columnBlocks = (matrix.columns + columns - 1) / columns
    let rowBlocks = (matrix.rows + rows - 1) / rows
    forEach(rowBlocks * columnBlocks) { task, _ in
      let (row, column) = (task / columnBlocks * rows, task % columnBlocks * columns)
      body(
        row..<min(row + rows, matrix.rows), column..<min(column + columns, matrix.columns))
    }
  }
}
