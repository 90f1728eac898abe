import Storage
import SystemPackage

/// A user's facts about a checkpoint that does not state them.
public struct ImportChoices: Sendable {
  /// The number of subspaces or attention heads; no tensor shows it.
  public var headCount: Int?
  /// The non-linearity of a transformer's MLP.
  public var activation: Activation?

  /// Choices; `nil` for a fact that the checkpoint states.
  public init(headCount: Int? = nil, activation: Activation? = nil) {
    self.headCount = headCount
    self.activation = activation
  }
}

/// A fact that neither the checkpoint nor the user states.
struct MissingChoice: Error {
  let reason: ConfigurationError
}

/// A checkpoint from the view of a convention: shapes by standard names, and the settings.
struct ImportSubject {
  let path: FilePath
  let choices: ImportChoices
  /// The integers that training code stored with the tensors.
  let arguments: [String: Int]
  /// The `config.json` beside the tensors.
  let settings: ForeignSettings?
  private let shapes: [[UInt8]: [Int]]

  init(
    path: FilePath, names: [String], source: any TensorSource, settings: ForeignSettings?,
    choices: ImportChoices
  ) {
    self.path = path
    self.choices = choices
    self.settings = settings
    arguments = source.arguments
    shapes = Dictionary(
      zip(names, source.tensors).map { (Array($0.utf8), $1.shape) }
    ) { first, _ in first }
  }

  /// The shape of the tensor named `name`, if any.
  func shape(_ name: String) -> [Int]? { shapes[Array(name.utf8)] }

  /// The rows and columns of the matrix named `name`.
  ///
  /// - Throws: ``CheckpointError/mismatch(_:problems:)`` if there is none.
  func matrix(_ name: String) throws -> (rows: Int, columns: Int) {
    guard let shape = shape(name), shape.count == 2 else {
      throw CheckpointError.mismatch(path, problems: ["the matrix '\(name)' is missing"])
    }
    return (shape[0], shape[1])
  }

  /// The number of layers: one more than the largest number after `prefix` in a name.
  func depth(after prefix: String) -> Int {
    let prefix = Array(prefix.utf8)
    let numbers = shapes.keys.filter { $0.starts(with: prefix) }.compactMap { name in
      Int(String(decoding: name.dropFirst(prefix.count).prefix { $0 != 0x2E }, as: UTF8.self))
    }
    return (numbers.max() ?? -1).addingReportingOverflow(1).partialValue
  }

  /// The settings.
  ///
  /// - Throws: ``CheckpointError`` if there are none.
  func requiredSettings(_ title: String) throws -> ForeignSettings {
    guard let settings else {
      throw CheckpointError.foreign(
        path,
        reason: "it has the tensors of \(title), whose config.json is expected beside them")
    }
    return settings
  }

  /// The number of heads: the user's choice, or the argument `key`.
  func headCount(_ key: String) throws -> Int {
    guard let count = choices.headCount ?? arguments[key] else {
      throw MissingChoice(
        reason: ConfigurationError(
          "\(path) does not say how many heads the model has; give --heads."))
    }
    return count
  }
}

/// The `config.json` of the transformers library.
struct ForeignSettings {
  let path: FilePath
  let object: JSONObject

  /// The settings in `bytes`, the content of the file at `path`.
  ///
  /// - Throws: ``Damage`` if it is not JSON, ``CheckpointError`` if it is not an object.
  init(_ bytes: [UInt8], path: FilePath) throws {
    self.path = path
    do {
      guard let object = try JSONValue.parse(bytes).object else {
        throw CheckpointError.foreign(path, reason: "it is not a JSON object")
      }
      self.object = object
    } catch let error as JSONError {
      throw Damage(
        path, at: 0..<bytes.count, reason: "it is not JSON: \(error)")
    }
  }

  /// The type of model in the transformers library.
  var modelType: String? { object["model_type"]?.string }

  /// The class of the model in the transformers library.
  var kind: String? { object["architectures"]?.array?.first?.string }

  /// The integer under `key`, or `standard` if there is none.
  func integer(_ key: String, or standard: Int? = nil) throws -> Int {
    guard let value = object[key], !value.isNull else {
      guard let standard else {
        throw CheckpointError.foreign(path, reason: "it lacks the number \"\(key)\"")
      }
      return standard
    }
    guard let number = value.integer.flatMap(Int.init(exactly:)) else {
      throw CheckpointError.foreign(
        path, reason: "\"\(key)\" is \(value.kind), expected an integer")
    }
    return number
  }

  /// The number under `key`.
  func number(_ key: String) throws -> Float {
    guard let number = object[key]?.double else {
      throw CheckpointError.foreign(path, reason: "it lacks the number \"\(key)\"")
    }
    return Float(number)
  }

  /// The choice for the text under `key`, or for `standard` if there is none.
  func choice<Choice>(
    _ key: String, or standard: String? = nil, _ meanings: [(text: String, choice: Choice)]
  ) throws -> Choice {
    let text = object[key]?.string ?? standard
    guard let choice = meanings.first(where: { $0.text == text })?.choice else {
      let expected = meanings.map { "\"\($0.text)\"" }.joined(separator: " or ")
      throw CheckpointError.foreign(
        path, reason: "\"\(key)\" is \(describe(object[key])), expected \(expected)")
    }
    return choice
  }

  /// The case with the text under `key` as raw value.
  func choice<Choice: RawRepresentable<String>>(_ key: String, _ cases: [Choice]) throws -> Choice {
    try choice(key, cases.map { (text: $0.rawValue, choice: $0) })
  }

  /// Checks that `key` has `value`, or is left out if `value` is the standard.
  func expect(_ key: String, _ value: JSONValue, isStandard: Bool = true) throws {
    let found = object[key].flatMap { $0.isNull ? nil : $0 }
    if found == nil, isStandard { return }
    if let found, found == value || found.double != nil && found.double == value.double { return }
    throw CheckpointError.foreign(
      path, reason: "\"\(key)\" is \(describe(found)), expected \(describe(value))")
  }

  /// Checks that `key` is four times `width`, or is left out if that is the standard.
  func expect(_ key: String, fourTimes width: Int, isStandard: Bool) throws {
    let expected = width.multipliedReportingOverflow(by: 4).partialValue
    try expect(key, .integer(Int64(expected)), isStandard: isStandard)
  }

  private func describe(_ value: JSONValue?) -> String {
    value.map { String(decoding: $0.serialized(), as: UTF8.self) } ?? "absent"
  }
}
