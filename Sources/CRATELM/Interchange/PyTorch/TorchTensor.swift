import Storage

/// The storage of one or more tensors, which its file names by a key.
struct TorchStorage: Hashable {
  let key: String
  let type: ElementType
  /// The length in elements.
  let count: Int
  /// Whether its elements are bytes until a tensor gives them a type.
  var isUntyped = false

  /// The same bytes as elements of `type`; `nil` if they are no whole number of them.
  func retyped(_ type: ElementType) -> TorchStorage? {
    guard isUntyped else { return self.type == type ? self : nil }
    return count.isMultiple(of: type.byteCount)
      ? TorchStorage(key: key, type: type, count: count / type.byteCount) : nil
  }
}

/// A tensor: a strided view of a storage.
struct TorchTensor: Hashable {
  let storage: TorchStorage
  /// The first element's index in the storage.
  let offset: Int
  let shape: [Int]
  /// The distance in elements between neighbours of each dimension.
  let strides: [Int]

  /// The number of elements.
  let count: Int
  /// The range of the storage from the first to the last element; empty for no elements.
  let extent: Range<Int>

  /// - Throws: the reason why the storage has no such tensor.
  init(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) throws(FormatViolation) {
    let window = "a tensor of shape \(shape) and strides \(strides) at \(offset)"
    guard shape.count == strides.count, offset >= 0, (shape + strides).allSatisfy({ $0 >= 0 })
    else { throw FormatViolation("\(window) is impossible") }
    let elements = shape.reduce(into: Optional(1)) { product, extent in
      product = product?.multiplied(by: extent)
    }
    let last = zip(shape, strides).reduce(into: Optional(offset)) { place, dimension in
      guard let distance = dimension.1.multiplied(by: max(0, dimension.0 - 1)) else {
        return place = nil
      }
      place = place.flatMap { $0.added(to: distance) }
    }
    // Repeated elements (stride 0) would let a small file fill all memory.
    guard let elements, let last, elements <= storage.count,
      elements == 0 ? offset <= storage.count : last < storage.count
    else {
      throw FormatViolation(
        "\(window) lies outside its storage '\(storage.key)' of \(storage.count) elements")
    }
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.strides = strides
    count = elements
    extent = elements == 0 ? offset..<offset : offset..<last + 1
  }

  /// Whether the elements lie in the order of their indices, without gaps.
  var isContiguous: Bool {
    var distance = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == distance else { return false }
      distance *= extent
    }
    return true
  }
}

extension TorchTensor {
  /// The elements in the order of their indices.
  ///
  /// - Parameter read: reads bytes of the storage.
  /// - Returns: the elements, in single precision.
  /// - Throws: what `read` throws.
  func floats(reading read: (Range<Int>) throws -> [UInt8]) rethrows -> [Float] {
    let width = storage.type.byteCount
    let bytes = try read(extent.lowerBound * width..<extent.upperBound * width)
    let elements = storage.type.floats(in: bytes)
    return isContiguous ? elements : gathered(from: elements)
  }

  /// The elements in the order of their indices; `elements` are those of ``extent``.
  private func gathered(from elements: [Float]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count)
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for _ in 0..<count {
      result.append(elements[place])
      for dimension in index.indices.reversed() {
        index[dimension] += 1
        place += strides[dimension]
        guard index[dimension] == shape[dimension] else { break }
        place -= index[dimension] * strides[dimension]
        index[dimension] = 0
      }
    }
    return result
  }
}

extension Int {
  /// The product, if it fits.
  fileprivate func multiplied(by other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  /// The sum, if it fits.
  fileprivate func added(to other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }
}
