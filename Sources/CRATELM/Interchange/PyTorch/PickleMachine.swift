import Storage

/// Runs the pickle of a PyTorch checkpoint without executing anything.
///
/// A pickle is a program for a stack machine that can call any function of Python. This machine
/// has the instructions for plain containers and knows three functions and ten storage types, those
/// of tensors; it builds descriptions of tensors. It refuses every other name or instruction. The
/// pickle's length bounds work and memory: each instruction takes a value or makes one.
struct PickleMachine {
  /// A tuple, list or dictionary; a dictionary's keys and values alternate.
  struct Container {
    fileprivate(set) var items: [PickleValue]
    /// Whether it may get attributes, as an ordered dictionary may.
    fileprivate var isObject = false
  }

  private var cursor: PickleCursor
  /// The offset of the current instruction.
  private var start = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private(set) var containers: [Container] = []

  /// The longest accepted pickle, in bytes: tens of thousands of tensors.
  static let byteCountLimit = 1 << 24

  init(_ bytes: [UInt8]) {
    cursor = PickleCursor(bytes)
  }

  /// Runs the pickle and returns its value.
  mutating func run() throws(FormatViolation) -> PickleValue {
    while true {
      start = cursor.offset
      let byte = UInt8(try cursor.natural(1))
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw violation(
          "the instruction \(PickleOpcode.foreignName(byte)), which no tensor or plain container "
            + "needs")
      }
      if opcode == .stop {
        guard stack.count == 1, marks.isEmpty, cursor.isAtEnd else {
          throw violation("an end with \(stack.count) values and more to come")
        }
        try checkTree(stack[0])
        return stack[0]
      }
      try execute(opcode)
    }
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(FormatViolation) {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try cursor.natural(1)
      guard version == 2, start == 0 else {
        throw violation("protocol \(version); expected 2, PyTorch's own")
      }
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binInt, .binInt1, .binInt2, .long1, .binFloat, .binUnicode:
      stack.append(try cursor.literal(opcode))
    case .emptyTuple: push([], PickleValue.tuple)
    case .tuple1: try pack(1)
    case .tuple2: try pack(2)
    case .tuple3: try pack(3)
    case .tuple: push(try popMarked(), PickleValue.tuple)
    case .emptyList: push([], PickleValue.list)
    case .emptyDict: push([], PickleValue.dictionary)
    case .append: try extendList([try pop()])
    case .appends: try extendList(try popMarked())
    case .setItem: try extendDictionary(try pop(2))
    case .setItems: try extendDictionary(try popMarked())
    case .binPut: memo[try cursor.natural(1)] = try top()
    case .longBinPut: memo[try cursor.natural(4)] = try top()
    case .binGet: stack.append(try recall(try cursor.natural(1)))
    case .longBinGet: stack.append(try recall(try cursor.natural(4)))
    case .global: stack.append(try global())
    case .binPersID: stack.append(.storage(try storage(try pop())))
    case .reduce: try reduce()
    case .build: try build()
    }
  }

  private mutating func global() throws(FormatViolation) -> PickleValue {
    let (module, name) = (try cursor.line(), try cursor.line())
    guard let global = PickleGlobal(module: module, name: name) else {
      throw violation(
        "the name \((module + "." + name).debugDescription), and only tensors and plain containers "
          + "are read")
    }
    return .global(global)
  }

  // MARK: The stack

  private func top() throws(FormatViolation) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw violation("an instruction without its operand")
    }
    return value
  }

  private mutating func pop() throws(FormatViolation) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(FormatViolation) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw violation("an instruction without its operands")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws(FormatViolation) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw violation("an instruction without its mark")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recall(_ key: Int) throws(FormatViolation) -> PickleValue {
    guard let value = memo[key] else {
      throw violation("a reference to nothing, memo \(key)")
    }
    return value
  }

  // MARK: Containers

  private mutating func push(
    _ items: [PickleValue], isObject: Bool = false, _ make: (Int) -> PickleValue
  ) {
    containers.append(Container(items: items, isObject: isObject))
    stack.append(make(containers.count - 1))
  }

  private mutating func pack(_ count: Int) throws(FormatViolation) {
    push(try pop(count), PickleValue.tuple)
  }

  private mutating func extendList(_ items: [PickleValue]) throws(FormatViolation) {
    guard case .list(let list) = try top() else {
      throw violation("an element without its list")
    }
    containers[list].items += items
  }

  private mutating func extendDictionary(_ items: [PickleValue]) throws(FormatViolation) {
    guard case .dictionary(let dictionary) = try top(), items.count.isMultiple(of: 2)
    else { throw violation("a key without its value or dictionary") }
    containers[dictionary].items += items
  }

  /// The items of a tuple.
  private func items(_ value: PickleValue) throws(FormatViolation) -> [PickleValue] {
    guard case .tuple(let tuple) = value else {
      throw violation("\(value.kind) in place of a tuple")
    }
    return containers[tuple].items
  }

  private func integers(_ value: PickleValue) throws(FormatViolation) -> [Int] {
    let items = try items(value)
    let integers = items.compactMap(\.integer)
    guard integers.count == items.count else {
      throw violation("a tensor whose sizes are not integers")
    }
    return integers
  }

  // MARK: Tensors

  private func storage(_ value: PickleValue) throws(FormatViolation) -> TorchStorage {
    let fields = try items(value)
    guard fields.count == 5, fields[0].string == "storage",
      case .global(.storage(let type)) = fields[1], let key = fields[2].string,
      let count = fields[4].integer, count >= 0
    else { throw violation("a reference that is not to a tensor's storage") }
    return TorchStorage(key: key, type: type, count: count)
  }

  /// Describes the result of the function that Python would call.
  private mutating func reduce() throws(FormatViolation) {
    let operands = try pop(2)
    let arguments = try items(operands[1])
    switch operands[0] {
    case .global(.orderedDictionary) where arguments.isEmpty:
      push([], isObject: true, PickleValue.dictionary)
    case .global(.rebuildTensor) where (6...7).contains(arguments.count):
      guard case .storage(let storage) = arguments[0], let offset = arguments[1].integer else {
        throw violation("a tensor without a storage")
      }
      stack.append(
        .tensor(
          try TorchTensor(
            storage: storage, offset: offset, shape: integers(arguments[2]),
            strides: integers(arguments[3]))))
    case .global(.rebuildParameter) where arguments.count == 3:
      guard case .tensor = arguments[0] else {
        throw violation("a parameter without a tensor")
      }
      stack.append(arguments[0])
    default:
      throw violation("a call of \(operands[0].kind) with \(arguments.count) arguments")
    }
  }

  /// Ignores the attributes of an ordered dictionary, which say nothing about tensors.
  private mutating func build() throws(FormatViolation) {
    guard case .dictionary = try pop(),
      case .dictionary(let object) = try top(), containers[object].isObject
    else { throw violation("a state for something that is not an ordered dictionary") }
  }

  /// Checks that no container holds itself.
  private func checkTree(_ root: PickleValue) throws(FormatViolation) {
    enum Visit { case open, closed }
    var visits: [Int: Visit] = [:]
    var path: [(container: Int, next: Int)] = root.container.map { [($0, 0)] } ?? []
    for step in path { visits[step.container] = .open }
    while let (container, next) = path.last {
      guard next < containers[container].items.count else {
        visits[container] = .closed
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      guard let child = containers[container].items[next].container else { continue }
      switch visits[child] {
      case .open: throw FormatViolation("its pickle has a container that holds itself")
      case .closed: continue
      case nil:
        visits[child] = .open
        path.append((child, 0))
      }
    }
  }

  private func violation(_ found: String) -> FormatViolation {
    FormatViolation("its pickle has \(found), at byte \(start)")
  }
}

extension PickleValue {
  /// The index of the container, if the value is one.
  fileprivate var container: Int? {
    switch self {
    case .tuple(let index), .list(let index), .dictionary(let index): index
    default: nil
    }
  }
}
