import Storage

/// The names of Python that a checkpoint may use, those of `torch._weights_only_unpickler` of
/// PyTorch 2.13; none of them is called.
enum PickleGlobal: Equatable {
  case orderedDictionary
  /// A type of a plain value, whose calls give ``PickleValue/plain(_:)``.
  case plainType(PlainType)
  case parameter
  /// A class of tensors, such as `torch.FloatTensor` of PyTorch before 0.4.
  case tensorClass(String)
  /// A function that makes a tensor.
  case rebuild(TensorFunction)
  /// A class of storages; its elements, if they are of a type that is read.
  case storage(String, ElementType?)
  /// A constant, such as a type of elements.
  case constant(String)

  /// The types of plain values, by their names in Python.
  enum PlainType: String, CaseIterable {
    case counter = "collections.Counter"
    case size = "torch.Size"
    case device = "torch.device"
    case layout = "torch.serialization._get_layout"
    case bytes = "_codecs.encode"
    case byteArray = "builtins.bytearray"
    case set = "builtins.set"
    case complex = "builtins.complex"
  }

  /// The functions that make tensors, by their names in Python.
  enum TensorFunction: String, CaseIterable {
    case tensor = "torch._utils._rebuild_tensor"
    case tensorV2 = "torch._utils._rebuild_tensor_v2"
    case tensorV3 = "torch._utils._rebuild_tensor_v3"
    case parameter = "torch._utils._rebuild_parameter"
    case parameterWithState = "torch._utils._rebuild_parameter_with_state"
    case fromType = "torch._tensor._rebuild_from_type_v2"
    case fromCPU = "torch._utils._rebuild_device_tensor_from_cpu_tensor"
    case fromNumPy = "torch._utils._rebuild_device_tensor_from_numpy"
    case meta = "torch._utils._rebuild_meta_tensor_no_storage"
    case quantized = "torch._utils._rebuild_qtensor"
    case sparse = "torch._utils._rebuild_sparse_tensor"
    case nested = "torch._utils._rebuild_nested_tensor"
    case wrapper = "torch._utils._rebuild_wrapper_subclass"

    /// The kind of tensor that is not read; `nil` for one that is.
    var foreignKind: String? {
      switch self {
      case .tensor, .tensorV2, .tensorV3, .parameter, .parameterWithState, .fromType, .fromCPU: nil
      case .fromNumPy: "a tensor in an array of NumPy"
      case .meta: "a tensor without numbers, of the device meta"
      case .quantized: "a quantised tensor"
      case .sparse: "a sparse tensor"
      case .nested: "a nested tensor"
      case .wrapper: "a tensor of a subclass"
      }
    }
  }

  /// The case for a pickle's `module` and `name`; `nil` for any other name.
  init?(module: String, name: String) {
    // Protocol 2 has the names of Python 2.
    let path = (module == "__builtin__" ? "builtins" : module) + "." + name
    if path == "collections.OrderedDict" {
      self = .orderedDictionary
    } else if path == "torch.nn.parameter.Parameter" {
      self = .parameter
    } else if let type = PlainType(rawValue: path) {
      self = .plainType(type)
    } else if let function = TensorFunction(rawValue: path) {
      self = .rebuild(function)
    } else if Self.constants.contains(path) {
      self = .constant(path)
    } else if let known = Self.storage(path) {
      self = known
    } else if Self.isTensorClass(path) {
      self = .tensorClass(path)
    } else {
      return nil
    }
  }

  /// The name in Python.
  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .plainType(let type): type.rawValue
    case .parameter: "torch.nn.parameter.Parameter"
    case .rebuild(let function): function.rawValue
    case .tensorClass(let name), .storage(let name, _), .constant(let name): name
    }
  }

  /// The storage without a type of its own, counted in bytes.
  static let untyped = "torch.storage.UntypedStorage"

  private static let elementTypes: [(name: String, type: ElementType?, byteCount: Int)] = [
    ("Double", .float64, 8), ("Float", .float32, 4), ("Half", .float16, 2),
    ("BFloat16", .bfloat16, 2), ("Long", .int64, 8), ("Int", .int32, 4), ("Short", .int16, 2),
    ("Char", .int8, 1), ("Byte", .uint8, 1), ("Bool", .bool, 1), ("ComplexDouble", nil, 16),
    ("ComplexFloat", nil, 8), ("QInt8", nil, 1), ("QUInt8", nil, 1), ("QInt32", nil, 4),
    ("QUInt4x2", nil, 1), ("QUInt2x4", nil, 1),
  ]

  /// The bytes of an element of a storage of this class; `nil` if it says none.
  var elementByteCount: Int? {
    guard case .storage(let name, let type) = self else { return nil }
    return type?.byteCount
      ?? Self.elementTypes.first { name.hasSuffix(".\($0.name)Storage") }?.byteCount
  }

  private static func storage(_ path: String) -> PickleGlobal? {
    if path == untyped { return .storage(path, .uint8) }
    if path == "torch.storage.TypedStorage" { return .storage(path, nil) }
    for (name, type, _) in elementTypes where path.hasSuffix(".\(name)Storage") {
      let isOnGPU = path == "torch.cuda.\(name)Storage" && !name.hasPrefix("Q")
      return path == "torch.\(name)Storage" || isOnGPU ? .storage(path, type) : nil
    }
    return nil
  }

  private static func isTensorClass(_ path: String) -> Bool {
    if path == "torch.Tensor" { return true }
    let dense = elementTypes.prefix { $0.type != nil }.map(\.name)
    return ["torch.", "torch.cuda.", "torch.sparse.", "torch.cuda.sparse."].contains { module in
      dense.contains {
        path == "\(module)\($0)Tensor" && !(module.contains("sparse") && $0 == "Bool")
      }
    }
  }

  /// The type of the elements that a constant names, if it is one that is read.
  var elementType: ElementType? {
    guard case .constant(let name) = self else { return nil }
    return Self.numberTypes.first { "torch." + $0.name == name }?.type
  }

  private static let numberTypes: [(name: String, type: ElementType)] = [
    ("float64", .float64), ("float32", .float32), ("float16", .float16), ("bfloat16", .bfloat16),
    ("int64", .int64), ("int32", .int32), ("int16", .int16), ("int8", .int8),
    ("uint64", .uint64), ("uint32", .uint32), ("uint16", .uint16), ("uint8", .uint8),
    ("bool", .bool),
  ]

  private static let constants = Set(
    (numberTypes.map(\.name) + [
      "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
      "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "bits1x8", "bits2x4", "bits4x2",
      "bits8", "bits16", "qint8", "qint32", "quint8", "quint4x2", "quint2x4",
      "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric",
      "per_channel_affine_float_qparams",
    ] + (1...7).flatMap { ["int\($0)", "uint\($0)"] }).map { "torch." + $0 })
}
