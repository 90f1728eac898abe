/// An array of doubles for a parallel region: each task writes its own elements.
@safe
final class SharedDoubles: @unchecked Sendable {
  private let values: UnsafeMutableBufferPointer<Double>

  init(count: Int) {
    unsafe values = .allocate(capacity: count)
    unsafe values.initialize(repeating: 0)
  }

  deinit {
    unsafe values.deallocate()
  }

  subscript(index: Int) -> Double {
    get { unsafe values[index] }
    set { unsafe values[index] = newValue }
  }

  /// The sum in the order of the indices.
  var sum: Double { unsafe values.reduce(0, +) }
}
