import Storage

/// A call of a function of PyTorch that makes a tensor, in a pickle.
struct TensorCall {
  let machine: PickleMachine
  let function: PickleGlobal.TensorFunction
  let arguments: [PickleValue]

  /// The call, or the tensor that it makes, for messages.
  var kind: String {
    function.foreignKind.map { "\($0) (\(function.rawValue))" }
      ?? "a call of \(function.rawValue) with other arguments"
  }

  /// The tensor, or its kind if its numbers are not read; `nil` for a call that is not described.
  ///
  /// - Throws: `FormatViolation` for a tensor that its storage cannot have.
  func value() throws -> PickleValue? {
    switch function {
    case .tensor where arguments.count == 4, .tensorV2 where 6...7 ~= arguments.count:
      return try tensor(of: nil)
    case .tensorV3 where 7...8 ~= arguments.count:
      guard case .global(let type) = arguments[6] else { return nil }
      return try tensor(of: type)
    case .fromCPU where arguments.count == 4:
      guard case .tensor(let tensor) = arguments[0], case .global(let type) = arguments[1] else {
        return nil
      }
      return tensor.storage.type == type.elementType
        ? arguments[0] : .plain("a tensor to be converted to \(type.name)")
    case .fromType where arguments.count == 4:
      return try plainTensor()
    case .meta where arguments.count == 4:
      return function.foreignKind.map { .plain($0) }
    default: return nil
    }
  }

  /// A tensor with attributes, as the function in the arguments makes it; `nil` for a subclass.
  private func plainTensor() throws -> PickleValue? {
    guard case .global(.rebuild(let function)) = arguments[0], function != .fromType else {
      return nil
    }
    switch arguments[1] {
    case .global(.parameter), .global(.tensorClass("torch.Tensor")): break
    default: return nil
    }
    let inner = try machine.items(arguments[2])
    if [.parameter, .parameterWithState].contains(function), case .tensor? = inner.first {
      return inner[0]
    }
    return try TensorCall(machine: machine, function: function, arguments: inner).value()
  }

  /// The tensor in the storage of the arguments, with elements of `type` if it has none itself.
  private func tensor(of type: PickleGlobal?) throws -> PickleValue? {
    guard case .storage(var storage) = arguments[0] else {
      guard case .plain(let kind) = arguments[0] else { return nil }
      return .plain("a tensor in \(kind)")
    }
    guard let offset = arguments[1].integer else { return nil }
    if let type {
      guard let elements = type.elementType else { return .plain("a tensor of \(type.name)") }
      guard let retyped = storage.retyped(elements) else {
        throw machine.violation("a tensor of \(type.name) in \(storage.count.counting("byte"))")
      }
      storage = retyped
    }
    return .tensor(
      try TorchTensor(
        storage: storage, offset: offset, shape: integers(arguments[2]),
        strides: integers(arguments[3])))
  }

  private func integers(_ value: PickleValue) throws -> [Int] {
    let items = try machine.items(value)
    let integers = items.compactMap(\.integer)
    guard integers.count == items.count else {
      throw machine.violation("a tensor whose sizes are not integers")
    }
    return integers
  }
}
