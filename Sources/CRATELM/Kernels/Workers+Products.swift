package import Parallel

extension Workers {
  /// The threads of products, each of which calls the BLAS with one thread.
  ///
  /// There are as many as asked for, or one if the BLAS may not be called by several at once.
  package init(threads: Int) {
    self.init(count: BLAS.selected.allowsConcurrentCalls ? threads : 1)
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
