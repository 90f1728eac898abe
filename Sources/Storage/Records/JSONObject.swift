/// The members of a JSON object, in order.
///
/// Keys are compared by their bytes: for `String`, canonically equivalent keys would be equal.
package struct JSONObject: Sendable {
  /// The keys, in order, each once.
  package private(set) var keys: [String] = []
  /// The values, in the order of their keys.
  package private(set) var values: [JSONValue] = []
  /// The index of each key, once there are too many members for a scan.
  private var positions: [Key: Int] = [:]

  /// An object without members.
  package init() {}

  /// An object of `members`; a later one replaces the value of an earlier one with the same key.
  package init(_ members: [(key: String, value: JSONValue)]) {
    keys.reserveCapacity(members.count)
    values.reserveCapacity(members.count)
    if members.count > Self.longestScan { positions.reserveCapacity(members.count) }
    for member in members where !insert(member.value, for: member.key) {
      if let position = position(of: member.key) { values[position] = member.value }
    }
  }

  /// An object of `members` with distinct keys, for writing; a look-up scans them.
  package init(distinct members: [(key: String, value: JSONValue)]) {
    keys = members.map(\.key)
    values = members.map(\.value)
  }

  /// The number of members.
  package var count: Int { keys.count }

  /// The value of the member with `key`.
  package subscript(key: String) -> JSONValue? {
    position(of: key).map { values[$0] }
  }

  /// Adds a member at the end unless the key exists; returns whether it was added.
  @discardableResult
  package mutating func insert(_ value: JSONValue, for key: String) -> Bool {
    // Growing rehashes all keys: growing by four rehashes a third of them in total, not all.
    if !positions.isEmpty, positions.count == positions.capacity {
      positions.reserveCapacity(4 * positions.count)
    }
    if positions.isEmpty {
      guard position(of: key) == nil else { return false }
    } else if let earlier = positions.updateValue(keys.count, forKey: Key(text: key)) {
      positions[Key(text: key)] = earlier
      return false
    }
    keys.append(key)
    values.append(value)
    if positions.isEmpty, keys.count > Self.longestScan {
      for (position, key) in keys.enumerated() { positions[Key(text: key)] = position }
    }
    return true
  }

  private static let longestScan = 8

  private func position(of key: String) -> Int? {
    if !positions.isEmpty { return positions[Key(text: key)] }
    return keys.firstIndex { $0.utf8.elementsEqual(key.utf8) }
  }

  /// A string with the equality of its bytes.
  private struct Key: Hashable {
    let text: String

    static func == (left: Key, right: Key) -> Bool {
      left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}

extension JSONObject: Equatable {
  /// Whether both hold the same members in the same order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.values == right.values
      && zip(left.keys, right.keys).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }
}
