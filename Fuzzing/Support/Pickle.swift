/// Pickles written instruction by instruction.
enum Pickle {
  static let proto: [UInt8] = [0x80, 2]
  static let stop = op(".")
  static let mark = op("(")
  static let emptyDict = op("}")
  static let emptyList = op("]")
  static let setItems = op("u")
  static let tuple = op("t")
  static let reduce = op("R")
  static let persistentID = op("Q")
  static let newFalse: UInt8 = 0x89

  /// The instructions of `parts`, one after the other.
  static func join(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

  static func op(_ character: Character) -> [UInt8] { Array(String(character).utf8) }

  static func string(_ text: String) -> [UInt8] {
    join(op("X"), UInt32(text.utf8.count).littleEndianBytes, Array(text.utf8))
  }

  static func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + UInt64(bitPattern: Int64(value)).littleEndianBytes
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    op("c") + Array("\(module)\n\(name)\n".utf8)
  }

  static func tuple(_ items: [UInt8]...) -> [UInt8] { join(mark, Array(items.joined()), tuple) }

  /// A call of `function` with `arguments`.
  static func call(_ function: [UInt8], _ arguments: [UInt8]) -> [UInt8] {
    join(function, arguments, reduce)
  }

  static func put(_ key: UInt8) -> [UInt8] { op("q") + [key] }
  static func get(_ key: UInt8) -> [UInt8] { op("h") + [key] }

  /// A tensor in the storage `key` of `storageCount` floats.
  static func tensor(
    _ shape: [Int], strides: [Int], offset: Int = 0, key: String = "0", storageCount: Int = 4,
    storageType: String = "FloatStorage"
  ) -> [UInt8] {
    let place = tuple(
      string("storage"), global("torch", storageType), string(key), string("cpu"),
      integer(storageCount))
    func list(_ values: [Int]) -> [UInt8] { join(mark, values.flatMap { integer($0) }, tuple) }
    return call(
      global("torch._utils", "_rebuild_tensor_v2"),
      tuple(
        join(place, persistentID), integer(offset), list(shape), list(strides), [newFalse],
        emptyDict))
  }

  /// A dictionary with one member.
  static func dictionary(_ key: String, _ value: [UInt8]) -> [UInt8] {
    join(emptyDict, mark, string(key), value, setItems)
  }
}

extension FixedWidthInteger {
  /// The bytes of the number, the lowest first.
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
