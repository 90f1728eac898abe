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
  /// A value that says nothing about tensors that are read; its kind, with an article.
  indirect case plain(String)

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
    case .plain(let kind): kind
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
