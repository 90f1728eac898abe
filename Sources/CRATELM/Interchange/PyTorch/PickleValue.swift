import Storage

/// A value of a pickle: a plain value, a container or a tensor.
///
/// Containers are indices into the machine's list, so nothing is nested, and a container that holds
/// itself costs nothing.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case string(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)

  /// The kind of value, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .real: "a number"
    case .string: "a string"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .global(let global): "the name \(global.name)"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }

  /// The integer, if the value is one.
  var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The text, if the value is one.
  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }
}

/// The names of Python that a checkpoint may use; none of them is called.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storage(ElementType)

  /// The case for a pickle's `module` and `name`; `nil` for any other name.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", _):
      guard let type = Self.storageTypes.first(where: { $0.name == name })?.type else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  /// The name in Python.
  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type):
      "torch." + (Self.storageTypes.first { $0.type == type }?.name ?? type.rawValue)
    }
  }

  private static let storageTypes: [(name: String, type: ElementType)] = [
    ("DoubleStorage", .float64), ("FloatStorage", .float32), ("HalfStorage", .float16),
    ("BFloat16Storage", .bfloat16), ("LongStorage", .int64), ("IntStorage", .int32),
    ("ShortStorage", .int16), ("CharStorage", .int8), ("ByteStorage", .uint8),
    ("BoolStorage", .bool),
  ]
}

/// The storage of one or more tensors: a file `data/KEY` of the archive.
struct TorchStorage: Hashable {
  let key: String
  let type: ElementType
  /// The length in elements.
  let count: Int
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
