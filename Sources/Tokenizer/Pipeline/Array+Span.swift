extension Array where Element: BitwiseCopyable {
  /// The elements of `span`.
  init(copying span: Span<Element>) {
    self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Appends the elements of `span`.
  @inline(__always)
  mutating func append(copying span: Span<Element>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
