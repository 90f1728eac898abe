import Storage

/// Runs the pickle of a PyTorch checkpoint without executing anything.
///
/// A pickle is a program for a stack machine that can call any function of Python. This machine
/// has the instructions and knows the names that PyTorch itself takes for harmless; it calls
/// nothing, builds descriptions of tensors, and keeps of other values their kind. It refuses every
/// other name or instruction. The pickle's length bounds work and memory: each instruction takes a
/// value or makes one.
struct PickleMachine {
  /// A tuple, list or dictionary; a dictionary's keys and values alternate.
  struct Container {
    fileprivate(set) var items: [PickleValue]
    /// Whether it may get attributes, as an ordered dictionary may.
    fileprivate var isObject = false
  }

  private var cursor: PickleCursor
  /// The offset of the first instruction.
  private let beginning: Int
  /// The offset of the current instruction.
  private var start: Int
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private(set) var containers: [Container] = []
  /// The bytes of every storage that was referred to, and of one of its elements, by its key.
  private(set) var storages: [String: (byteCount: Int, width: Int)] = [:]

  /// The longest accepted pickle, in bytes: tens of thousands of tensors.
  static let byteCountLimit = 1 << 24

  /// A machine for the pickle that begins at `offset` of `bytes`.
  init(_ bytes: [UInt8], at offset: Int = 0) {
    cursor = PickleCursor(bytes, at: offset)
    (beginning, start) = (offset, offset)
  }

  /// The offset behind the pickle, once it has run.
  var end: Int { cursor.offset }

  /// Runs the pickle and returns its value.
  ///
  /// - Throws: `FormatViolation` for a broken pickle, ``UnsafePickle`` for one that needs more.
  mutating func run() throws -> PickleValue {
    while true {
      start = cursor.offset
      let byte = UInt8(try cursor.natural(1))
      guard let opcode = PickleOpcode(rawValue: byte) else {
        let code = "(0x\(byte.digits(2, radix: 16).uppercased()))"
        guard let name = PickleOpcode.foreignName(byte) else {
          throw violation("the unknown instruction \(code)")
        }
        throw unsafe("the instruction \(name) \(code)")
      }
      if opcode == .stop {
        guard stack.count == 1, marks.isEmpty else {
          throw violation("an end with \(stack.count) values")
        }
        try checkTree(stack[0])
        return stack[0]
      }
      try execute(opcode)
    }
  }

  private mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try cursor.natural(1)
      guard start == beginning else { throw violation("a second beginning") }
      guard version == 2 else { throw unsafe("protocol \(version), not PyTorch's own 2") }
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binInt, .binInt1, .binInt2, .long1, .binFloat, .binUnicode, .shortBinString:
      stack.append(try cursor.literal(opcode))
    case .emptyTuple: push([], PickleValue.tuple)
    case .tuple1: try pack(1)
    case .tuple2: try pack(2)
    case .tuple3: try pack(3)
    case .tuple: push(try popMarked(), PickleValue.tuple)
    case .emptyList: push([], PickleValue.list)
    case .emptyDict: push([], PickleValue.dictionary)
    case .emptySet: stack.append(.plain("a set"))
    case .append: try extendList([try pop()])
    case .appends: try extendList(try popMarked())
    case .setItem: try extendDictionary(try pop(2))
    case .setItems: try extendDictionary(try popMarked())
    case .binPut: memo[try cursor.natural(1)] = try top()
    case .longBinPut: memo[try cursor.natural(4)] = try top()
    case .binGet: stack.append(try recall(try cursor.natural(1)))
    case .longBinGet: stack.append(try recall(try cursor.natural(4)))
    case .global: stack.append(try global())
    case .binPersID: stack.append(try storage(try pop()))
    case .reduce, .newObject: try reduce()
    case .build: try build()
    }
  }

  private mutating func global() throws -> PickleValue {
    let (module, name) = (try cursor.line(), try cursor.line())
    guard let global = PickleGlobal(module: module, name: name) else {
      throw unsafe("the name \((module + "." + name).debugDescription)")
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
  func items(_ value: PickleValue) throws(FormatViolation) -> [PickleValue] {
    guard case .tuple(let tuple) = value else {
      throw violation("\(value.kind) in place of a tuple")
    }
    return containers[tuple].items
  }

  // MARK: Calls

  /// Describes the result of the call that Python would make.
  private mutating func reduce() throws {
    let operands = try pop(2)
    let arguments = try items(operands[1])
    guard case .global(let global) = operands[0] else {
      throw unsafe("a call of \(operands[0].kind)")
    }
    switch global {
    case .orderedDictionary: push(try pairs(arguments), isObject: true, PickleValue.dictionary)
    case .plainType(.counter): push([], isObject: true, PickleValue.dictionary)
    case .plainType(.size) where arguments.count == 1: stack.append(arguments[0])
    case .plainType(let type): stack.append(.plain("a value of \(type.rawValue)"))
    case .parameter where 1...2 ~= arguments.count, .rebuild(.parameter) where arguments.count == 3,
      .rebuild(.parameterWithState) where arguments.count == 4:
      stack.append(arguments[0])
    case .rebuild(let function):
      let call = TensorCall(machine: self, function: function, arguments: arguments)
      guard let value = try call.value() else { throw unsafe(call.kind) }
      stack.append(value)
    default: throw unsafe("a call of \(global.name) with \(arguments.count) arguments")
    }
  }

  /// The keys and values that an ordered dictionary is made of: none, or a list of pairs.
  private func pairs(_ arguments: [PickleValue]) throws -> [PickleValue] {
    guard let first = arguments.first else { return [] }
    guard arguments.count == 1, case .list(let list) = first else {
      throw unsafe("a call of collections.OrderedDict with \(arguments.count) arguments")
    }
    return try containers[list].items.flatMap { pair throws -> [PickleValue] in
      guard let index = pair.container, containers[index].items.count == 2 else {
        throw unsafe("a call of collections.OrderedDict with what is no list of pairs")
      }
      return containers[index].items
    }
  }

  /// Ignores the attributes of an object, which say nothing about tensors.
  private mutating func build() throws {
    let state = try pop()
    switch try top() {
    case .dictionary(let object) where containers[object].isObject:
      guard case .dictionary = state else { throw violation("attributes that are no dictionary") }
    case .plain, .tensor: break
    default: throw unsafe("a state for \(try top().kind)")
    }
  }

  /// The storage that a reference is to; of elements that are not read, its kind.
  private mutating func storage(_ value: PickleValue) throws -> PickleValue {
    let fields = try items(value)
    guard 5...6 ~= fields.count, fields[0].string == "storage",
      case .global(let global) = fields[1], case .storage(let name, let type) = global,
      let key = fields[2].string, let count = fields[4].integer, count >= 0
    else { throw violation("a reference that is not to a tensor's storage") }
    let width = global.elementByteCount ?? 1
    storages[key] =
      storages[key] ?? (count.multipliedReportingOverflow(by: width).partialValue, width)
    guard fields.count == 5 || fields[5] == .none else {
      throw unsafe("a view of a storage, as PyTorch before 0.4 wrote")
    }
    guard let type else { return .plain("a storage of \(name)") }
    return .storage(
      TorchStorage(key: key, type: type, count: count, isUntyped: name == PickleGlobal.untyped))
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

  func violation(_ found: String) -> FormatViolation {
    FormatViolation("its pickle has \(found), at byte \(start)")
  }

  private func unsafe(_ found: String) -> UnsafePickle {
    UnsafePickle(reason: "its pickle has \(found), at byte \(start)")
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
