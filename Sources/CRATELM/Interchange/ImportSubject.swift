import Storage
import SystemPackage

/// What a user adds to a checkpoint that does not say everything.
public struct ImportChoices: Sendable {
  /// The number of subspaces or attention heads, which no tensor shows.
  public var headCount: Int?
  /// The non-linearity of a transformer's MLP.
  public var activation: Activation?

  /// These choices; `nil` for what the checkpoint says itself.
  public init(headCount: Int? = nil, activation: Activation? = nil) {
    self.headCount = headCount
    self.activation = activation
  }
}

/// A choice that the checkpoint leaves to the user, who has not made it.
struct MissingChoice: Error {
  let reason: ConfigurationError
}

/// A checkpoint as a convention sees it: its tensors under their standard names, and what lies
/// beside them.
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
    arguments = (source as? TorchReader)?.arguments ?? [:]
    shapes = Dictionary(
      zip(names, source.tensors).map { (Array($0.utf8), $1.shape) }
    ) { first, _ in first }
  }

  /// The shape of the tensor called `name`.
  func shape(_ name: String) -> [Int]? { shapes[Array(name.utf8)] }

  /// The rows and columns of the matrix called `name`.
  ///
  /// - Throws: ``CheckpointError/mismatch(_:problems:)`` where there is none.
  func matrix(_ name: String) throws -> (rows: Int, columns: Int) {
    guard let shape = shape(name), shape.count == 2 else {
      throw CheckpointError.mismatch(path, problems: ["the matrix '\(name)' is missing"])
    }
    return (shape[0], shape[1])
  }

  /// The number of layers, the largest number in a name that continues `prefix` and one.
  func depth(after prefix: String) -> Int {
    let prefix = Array(prefix.utf8)
    let numbers = shapes.keys.filter { $0.starts(with: prefix) }.compactMap { name in
      Int(String(decoding: name.dropFirst(prefix.count).prefix { $0 != 0x2E }, as: UTF8.self))
    }
    return (numbers.max() ?? -1).addingReportingOverflow(1).partialValue
  }

  /// The settings, without which a convention cannot do.
  func requiredSettings(_ title: String) throws -> ForeignSettings {
    guard let settings else {
      throw CheckpointError.foreign(
        path,
        reason: "it has the tensors of \(title), whose config.json is expected beside them")
    }
    return settings
  }

  /// The number of heads, chosen by the user or stored under `key` of the arguments.
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
  /// - Throws: ``Damage`` where it is not JSON, ``CheckpointError`` where it is not an object.
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

  /// The kind of model, in the words of the transformers library.
  var modelType: String? { object["model_type"]?.string }

  /// The whole number under `key`, or `standard` where there is none.
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

  /// What the text under `key`, or `standard` where there is none, stands for in `meanings`.
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

  /// The one of `cases` that is written as the text under `key`.
  func choice<Choice: RawRepresentable<String>>(_ key: String, _ cases: [Choice]) throws -> Choice {
    try choice(key, cases.map { (text: $0.rawValue, choice: $0) })
  }

  /// Checks that `key` has `value`, or is left out where that is the `standard`.
  func expect(_ key: String, _ value: JSONValue, isStandard: Bool = true) throws {
    let found = object[key].flatMap { $0.isNull ? nil : $0 }
    if found == nil, isStandard { return }
    if let found, found == value || found.double != nil && found.double == value.double { return }
    throw CheckpointError.foreign(
      path, reason: "\"\(key)\" is \(describe(found)), expected \(describe(value))")
  }

  /// Checks that `key` is four times `width`, or is left out where that is the `standard`.
  func expect(_ key: String, fourTimes width: Int, isStandard: Bool) throws {
    let expected = width.multipliedReportingOverflow(by: 4).partialValue
    try expect(key, .integer(Int64(expected)), isStandard: isStandard)
  }

  private func describe(_ value: JSONValue?) -> String {
    value.map { String(decoding: $0.serialized(), as: UTF8.self) } ?? "absent"
  }
}
